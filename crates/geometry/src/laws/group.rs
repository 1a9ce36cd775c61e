//! Groups: finite elements leave the function alone, and brackets stay in the span.

use super::{Check, Function, difference, norm};
use crate::algebra::bracket;
use crate::field::AffineField;
use crate::gauge::transport;
use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, least_squares};
use symbias_numerics::random::Stream;

/// Relative change of the function under a finite group element: some 10⁴ roundings.
const INVARIANT: f64 = 1e-9;
/// Relative distance of a bracket from the span: a least-squares solve.
const CLOSED: f64 = 1e-9;
/// Random elements per point.
const ELEMENTS: usize = 2;

/// Random combination of fields, scaled so that it moves θ by a third of its norm in unit time.
fn element(fields: &[AffineField], theta: &[f64], stream: &mut Stream) -> AffineField {
    let mut sum = AffineField::default();
    for field in fields {
        let c = stream.next_normal();
        let own = field.scaled(c);
        sum.linear.extend(own.linear);
        sum.constant.extend(own.constant);
    }
    let speed = norm(&sum.at(theta)).max(f64::MIN_POSITIVE);
    sum.scaled(0.3 * norm(theta) / speed)
}

/// Finite elements of the group that fields generate leave a function alone.
///
/// # Errors
/// Those of [`transport`].
pub fn invariance(
    what: &str,
    fields: &[AffineField],
    value: &Function<'_>,
    points: &[Vec<f64>],
) -> Result<Check> {
    let mut worst = 0.0_f64;
    let mut stream = Stream::new(3, 0, GROUP);
    for theta in points {
        let Some(before) = value(theta) else { continue };
        for _ in 0..ELEMENTS {
            let moved = transport(&element(fields, theta, &mut stream), 1.0, theta)?;
            let after = value(&moved).unwrap_or_default();
            worst = worst.max(difference(&before, &after));
        }
    }
    Ok(Check::new(
        format!("{what} under finite elements"),
        worst,
        INVARIANT,
    ))
}

/// Brackets of the fields stay in their span: \[X, Y\](θ), stacked over the points, is a combination
/// of the fields' values.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub fn closure(what: &str, fields: &[AffineField], points: &[Vec<f64>]) -> Result<Check> {
    let stacked = |field: &AffineField| -> Vec<f64> {
        points.iter().flat_map(|theta| field.at(theta)).collect()
    };
    let columns: Vec<Vec<f64>> = fields.iter().map(stacked).collect();
    let height = columns.first().map_or(0, Vec::len);
    let a = Matrix::from_fn(height, columns.len(), |i, j| columns[j][i]);
    let mut stream = Stream::new(4, 0, GROUP);
    let mut worst = 0.0_f64;
    for _ in 0..ELEMENTS {
        let mut random = || {
            let mut sum = AffineField::default();
            for field in fields {
                let own = field.scaled(stream.next_normal());
                sum.linear.extend(own.linear);
                sum.constant.extend(own.constant);
            }
            sum
        };
        let (x, y) = (random(), random());
        let b = stacked(&bracket(&x, &y));
        let size = norm(&stacked(&x)) * norm(&stacked(&y));
        if norm(&b) <= CLOSED * size {
            continue;
        }
        let right = Matrix::from_fn(b.len(), 1, |i, _| b[i]);
        let c = least_squares(&a, &right).map_err(numerical)?;
        let found = a.matmul(&c).map_err(numerical)?.column(0);
        worst = worst.max(difference(&found, &b));
    }
    Ok(Check::new(
        format!("brackets of {what} in their span"),
        worst,
        CLOSED,
    ))
}

/// Stream of random elements.
const GROUP: u64 = 52;
