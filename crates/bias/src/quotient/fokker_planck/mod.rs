//! The stationary Fokker–Planck equation of dx = b dt + σ dW in the Itô sense, a = σσᵀ, without flux
//! through the ends (theory §5):
//!
//! ```text
//! J = b p − ½ ∇·(a p),    ∇·J = 0,    J·n = 0.
//! ```
//!
//! | what | how | errors |
//! |---|---|---|
//! | [`zero_flux`], one dimension | p = (N/a) exp ∫ 2b/a dx, by Gauss rules in a coordinate in which ends with powers are smooth | all digits, where the panels resolve the law |
//! | [`stationary`], one or two dimensions | a Markov chain on cells and its stationary vector, eliminated without a subtraction | second order in the cells, first where drift outweighs noise in a cell or has none |
//!
//! The two share nothing but the process. The drift need not be a gradient in two dimensions: the flux
//! may turn in circles.

mod axis;
mod chain;
mod elimination;
mod law;
mod selling;
mod zero_flux;

pub use axis::Axis;
pub use law::Stationary;
pub use zero_flux::{PANELS, ZeroFlux, zero_flux};

use chain::Chain;
use symbias_geometry::sde::{Ito, Sde};
use symbias_model::error::{Error, ErrorKind, Result};

/// Share of the mass on the cells at the boundary from which on the box, or the law, is none.
const MOSTLY: f64 = 0.5;

/// The stationary law of a process on a box, one axis for each dimension.
///
/// # Errors
/// Not one or two axes, or not as many as dimensions; a drift or a noise that is not a number, with the
/// place; cells that no path joins; more than half of the mass on the cells of the boundary: the box is too small, or
/// there is no such law; a grid beyond memory.
pub fn stationary<S: Sde<Sense = Ito> + ?Sized>(sde: &S, axes: &[Axis]) -> Result<Stationary> {
    if axes.len() != sde.dimension() || !(1..=2).contains(&axes.len()) {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "{} axes for a process of {} dimensions",
                axes.len(),
                sde.dimension()
            ),
        )
        .remedy("give one axis per dimension, for one or two dimensions; simulate in more"));
    }
    let mut chain = Chain::of(sde, axes)?;
    let mass = elimination::stationary_vector(&mut chain.rates)?;
    let found = Stationary::new(axes.to_vec(), chain.in_order(&mass), chain.rounded);
    if found.boundary() > MOSTLY {
        return Err(runs_away(found.boundary(), "the cells at the boundary"));
    }
    Ok(found)
}

/// That most of a law is where it was cut off.
fn runs_away(share: f64, place: &str) -> Error {
    Error::new(
        ErrorKind::Value,
        format!(
            "{:.0} % of the mass of the law is on {place}: the box is too small, or the law is not normalisable",
            100.0 * share
        ),
    )
    .remedy("enlarge the box; where the share stays, there is no stationary law")
}

/// That a process has no numbers at a place.
fn undefined(x: &[f64]) -> Error {
    let place: Vec<String> = x.iter().map(|x| format!("{x:.6e}")).collect();
    Error::new(
        ErrorKind::Value,
        format!(
            "the drift or the noise is not a number at ({})",
            place.join(", ")
        ),
    )
    .remedy("leave the places where the process is not defined outside of the box, or at its ends")
}
