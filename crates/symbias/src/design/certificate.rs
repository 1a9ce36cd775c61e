//! What bias a parameterization has, by minimising ½‖θ‖² over its fibre in code that knows no formula, beside the target (theory §7.5).
//!
//! Parts have parameters of their own, so that the bias is the sum of theirs, and a part is as many equal ones as it has places: one
//! place decides, at sizes at which a search costs little.

use super::compose;
use super::lift::lift;
use super::part::{On, Part};
use super::structured::Structured;
use super::study::grid;
use super::target::{Target, Term};
use symbias_bias::decay::least_norm;
use symbias_geometry::effort::Effort;
use symbias_geometry::probe::Probes;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    /// The largest |achieved − target − constant| over max(1, |target|).
    pub error: f64,
    /// Points.
    pub points: usize,
}

/// Points on each side.
const POINTS: usize = 13;
/// Points of matrices and groups, whose fibres are larger.
const FEW: usize = 6;
/// Entries of a group, or sides of a matrix, in a small copy.
const SMALL: usize = 3;
/// Of the default search of a fibre.
const EFFORT: f64 = 0.05;
/// The charge at which a search starts: off the balanced leaf.
const CHARGE: f64 = 0.37;

/// Whether an error is above another, or is no number.
pub(super) fn exceeds(error: f64, other: f64) -> bool {
    error.is_nan() || error > other
}

/// Compares the bias of decay of a part with its term over the range.
pub(super) fn decay(
    target: &Target,
    term: &Term,
    part: &Part,
    range: [f64; 2],
) -> Result<Compared> {
    let mut found = Compared::default();
    if let Some(structured) = &term.joint {
        return joint(structured, part, range);
    }
    for place in places(part) {
        let most = if part.on == On::Singular && part.names.len() > 2 {
            2
        } else {
            SMALL
        };
        let small = part.small(place, most);
        let fibre = Fibre::new(&small)?;
        let zero = term.value(target, place, 0.0).unwrap_or(f64::NAN);
        let few = if small.size() > 1 { FEW } else { POINTS };
        for (number, x) in grid(range[0], range[1], few).into_iter().enumerate() {
            for (z, values) in samples(&small, x, range, number) {
                let mut wanted = 0.0;
                for v in values {
                    wanted += term.value(target, place, v).unwrap_or(f64::NAN) - zero;
                }
                let achieved = fibre.least(&z)?;
                let error = (achieved - wanted).abs() / wanted.abs().max(1.0);
                // Of what is no number, too.
                if exceeds(error, found.error) {
                    found.error = error;
                }
                found.points += 1;
            }
        }
    }
    Ok(found)
}

/// Entries of a norm of the whole that are searched together.
const TOGETHER: usize = 4;
/// Sets of them, at most.
const SETS: usize = 4;

/// Compares a norm of the whole on the subspaces of some entries: there it is the norm of the groups that these have.
fn joint(structured: &Structured, part: &Part, range: [f64; 2]) -> Result<Compared> {
    let mut found = Compared::default();
    let n = structured.entries();
    let sets = n.div_ceil(TOGETHER).min(SETS);
    for set in 0..sets {
        let place = set * n / sets;
        let small = part.small(place, TOGETHER);
        let entries: Vec<usize> = (0..small.shape[0]).map(|k| (place + k) % n).collect();
        let own = structured.restricted(&entries);
        let fibre = Fibre::new(&small)?;
        for (number, x) in grid(range[0], range[1], FEW).into_iter().enumerate() {
            // Entries of several sizes; in some points one of them is 0.
            let z: Vec<f64> = (0..entries.len())
                .map(|k| match entries.len() > 1 && (number + k) % 5 == 4 {
                    true => 0.0,
                    false => x * (1.3 + 1.7 * (number + 3 * k + set) as f64).sin(),
                })
                .collect();
            let wanted = own.norm(&z);
            let error = (fibre.least(&z)? - wanted).abs() / wanted.max(1.0);
            if exceeds(error, found.error) {
                found.error = error;
            }
            found.points += 1;
        }
    }
    Ok(found)
}

/// Places whose weights are the least, the middle and the largest.
fn places(part: &Part) -> Vec<usize> {
    let Some(weights) = &part.weights else {
        return vec![0];
    };
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| weights[*a].total_cmp(&weights[*b]));
    let mut found = vec![order[0], order[order.len() / 2], order[order.len() - 1]];
    found.dedup();
    found
}

/// Components with r's argument x, and the arguments.
fn samples(part: &Part, x: f64, range: [f64; 2], number: usize) -> Vec<(Vec<f64>, Vec<f64>)> {
    let n = part.shape.iter().product::<usize>();
    match part.on {
        On::Entries | On::Joint => vec![(vec![x], vec![x]), (vec![-x], vec![-x])],
        On::Groups => {
            // A direction that turns with the number.
            let mut z: Vec<f64> = (0..n)
                .map(|k| (1.0 + 1.7 * (number + 3 * k) as f64).sin())
                .collect();
            let norm = z.iter().map(|v| v * v).sum::<f64>().sqrt();
            z.iter_mut().for_each(|v| *v *= x / norm);
            vec![(z, vec![x])]
        }
        On::Singular => {
            let [rows, columns] = [part.inner[0], part.inner[1]].map(|a| part.shape[a]);
            let second = (x * range[0]).sqrt().min(x);
            let values: Vec<f64> = (0..rows.min(columns))
                .map(|k| if k == 0 { x } else { second / k as f64 })
                .collect();
            let turned = |size: usize, phase: f64| rotation(size, phase);
            let (u, v) = (
                turned(rows, 0.4 + number as f64),
                turned(columns, 1.1 + 2.0 * number as f64),
            );
            let mut z = vec![0.0; n];
            for i in 0..rows {
                for j in 0..columns {
                    z[i * columns + j] = values
                        .iter()
                        .enumerate()
                        .map(|(k, s)| s * u[i][k] * v[j][k])
                        .sum();
                }
            }
            vec![(z, values)]
        }
    }
}

/// A rotation, by planes.
fn rotation(n: usize, phase: f64) -> Vec<Vec<f64>> {
    let mut q: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for a in 0..n {
        for b in a + 1..n {
            let (s, c) = (phase + (a + 2 * b) as f64).sin_cos();
            for row in &mut q {
                let (x, y) = (row[a], row[b]);
                row[a] = c * x - s * y;
                row[b] = s * x + c * y;
            }
        }
    }
    q
}

/// The fibre of a part alone.
struct Fibre {
    part: Part,
    source: SourceFile,
}

impl Fibre {
    fn new(part: &Part) -> Result<Fibre> {
        let text = compose::alone(part)?;
        Ok(Fibre {
            part: part.clone(),
            source: SourceFile::parse(&text, None)?,
        })
    }

    /// The least ½‖θ‖² at a component.
    fn least(&self, z: &[f64]) -> Result<f64> {
        let model = self.source.check(Copies::All)?;
        let files = data::constants(&model)?;
        let probes = Probes::new(&model, &files, None, 0)?;
        let theta: Vec<f64> = lift(&self.part, z, CHARGE)?
            .into_iter()
            .flat_map(|a| a.2)
            .collect();
        let (program, x) = probes.program(0)?;
        let there = program.value(&theta, &x).unwrap_or_default();
        let scale = z.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let off = there
            .iter()
            .zip(z)
            .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
        if there.len() != z.len() || exceeds(off, 1e-9 * scale) {
            return Err(Error::new(
                ErrorKind::Numerical,
                format!("the lift of `{}` misses by {off:.2e}", self.part.component),
            ));
        }
        let least = least_norm(&probes, &theta, Effort::new(EFFORT).unwrap_or_default())?;
        Ok(least.map_or(f64::NAN, |l| l.value))
    }
}

/// The least ½‖θ‖² over the fibre of one place, at its full size; `None` where a search costs too much.
pub(super) fn least_at(part: &Part, place: usize, z: &[f64]) -> Result<Option<f64>> {
    if z.iter().all(|x| *x == 0.0) {
        // θ = 0 is on the fibre.
        return Ok(Some(0.0));
    }
    let least = Fibre::new(&part.small(place, usize::MAX))?.least(z)?;
    Ok(least.is_finite().then_some(least))
}
