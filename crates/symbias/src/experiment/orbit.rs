//! Moves along orbits, from a file to generators.

use super::observe::is_diagonal;
use super::spec::OrbitMovesSpec;
use symbias_geometry::field::AffineField;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_simulate::training::OrbitMoves;

/// Moves along the orbits of the scalings of a model: its diagonal generators commute, whatever groups they are of.
pub(super) fn moves(
    spec: &OrbitMovesSpec,
    model: &str,
    charges: &[AffineField],
) -> Result<OrbitMoves> {
    let generators: Vec<Vec<(usize, f64)>> = charges
        .iter()
        .filter(|f| is_diagonal(f))
        .map(|f| f.linear.iter().map(|(i, _, x)| (*i, *x)).collect())
        .collect();
    if generators.is_empty() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("`{model}` has no scalings with charges to move along"),
        )
        .remedy("orbit_moves is for products of factors, matrices or units that can be scaled against each other; leave it out"));
    }
    Ok(OrbitMoves {
        every: spec.every,
        charges: spec.charges,
        half_life: spec.half_life,
        generators,
    })
}
