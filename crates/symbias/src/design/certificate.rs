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
use symbias_model::data::{self, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::dense::Matrix;

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compared {
    /// The largest |achieved − target − constant| over max(1, |target|).
    pub error: f64,
    /// Points.
    pub points: usize,
}

impl Compared {
    /// Both comparisons.
    pub fn with(self, other: Compared) -> Compared {
        Compared {
            error: if exceeds(other.error, self.error) {
                other.error
            } else {
                self.error
            },
            points: self.points + other.points,
        }
    }
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

/// Atoms of a search of the fibre of the weights, at most.
const ATOMS: usize = 40;
/// Weights at which atoms are compared.
const WEIGHTS: usize = 4;

/// Compares the least norm of weights that atoms make with the target: Σ|c_k(Ωw)_k| itself where the atoms are vertices of its unit ball,
/// else the dual of the gauge, max{⟨w, λ⟩ : ⟨a_k, λ⟩ ≤ 1}; by the linear program of the coefficients, and by a search of the fibre.
pub(super) fn whole(term: &Term, part: &Part) -> Result<Compared> {
    let mut found = Compared::default();
    let Some(atoms) = &term.atoms else {
        return Ok(found);
    };
    let (n, k) = (atoms.array.rows, atoms.array.cols);
    let mut compare = |achieved: f64, wanted: f64| {
        let error = (achieved - wanted).abs() / wanted.abs().max(1.0);
        if exceeds(error, found.error) {
            found.error = error;
        }
        found.points += 1;
    };
    let norm = |w: &[f64]| -> f64 {
        let along = |row: &Vec<f64>| row.iter().zip(w).map(|(r, w)| r * w).sum::<f64>().abs();
        atoms.rows.iter().map(along).sum()
    };
    if !atoms.rows.is_empty() {
        // No atom is within the unit ball, nor beyond it.
        for j in (0..k).step_by(k.div_ceil(100)) {
            let atom: Vec<f64> = (0..n).map(|i| atoms.array[(i, j)]).collect();
            compare(norm(&atom), 1.0);
        }
    }
    if !atoms.compared() {
        return Ok(found);
    }
    let searched = (k <= ATOMS)
        .then(|| joined(part, &atoms.array))
        .transpose()?;
    for number in 0..WEIGHTS {
        // A combination of all atoms that none of them is alone.
        let y: Vec<f64> = (0..k)
            .map(|j| (1.0 + 1.7 * (3 * number + j) as f64).sin())
            .collect();
        let y: Vec<f64> = match part.is_positive() {
            true => y.iter().map(|y| y * y).collect(),
            false => y,
        };
        let w: Vec<f64> = (0..n)
            .map(|i| (0..k).map(|j| atoms.array[(i, j)] * y[j]).sum())
            .collect();
        let Some([primal, dual]) = atoms.gauge(&w)? else {
            compare(f64::NAN, 0.0);
            continue;
        };
        let wanted = if atoms.rows.is_empty() {
            dual
        } else {
            norm(&w)
        };
        compare(primal, wanted);
        if let Some(text) = &searched {
            let fibre = Fibre {
                part: part.clone(),
                source: SourceFile::parse(text, None)?,
            };
            let least = fibre.least_from(&w, lift(part, &y, CHARGE)?)?;
            compare(least, wanted);
        }
    }
    Ok(found)
}

/// A part and what its component makes by an array, as a model whose output is that.
fn joined(part: &Part, array: &Matrix) -> Result<String> {
    const WEIGHTS: [&str; 3] = ["made", "made_at", "made_of"];
    let [made, at, of] = WEIGHTS;
    let wrong = |e: toml::de::Error| Error::new(ErrorKind::Syntax, e.message().to_owned());
    let mut root: toml::Table = toml::from_str(&compose::alone(part)?).map_err(wrong)?;
    let shown = super::part::indexed(&part.component, &part.letters);
    let program = format!(
        "{}\n{made}[{at}] = {of}[{at},{}] * {shown}\n",
        part.statement(),
        part.letters[0]
    );
    root.insert("program".into(), program.into());
    root.insert("outputs".into(), vec![toml::Value::from(made)].into());
    if let Some(toml::Value::Table(axes)) = root.get_mut("axes") {
        axes.insert(at.into(), toml::Value::Integer(array.rows as i64));
    }
    let rows = (0..array.rows).map(|i| -> toml::Value {
        let row = (0..array.cols).map(|j| toml::Value::Float(array[(i, j)]));
        row.collect::<Vec<_>>().into()
    });
    let mut own = toml::Table::new();
    let axes = vec![
        toml::Value::from(at),
        toml::Value::from(part.letters[0].as_str()),
    ];
    own.insert("axes".into(), axes.into());
    own.insert("values".into(), rows.collect::<Vec<_>>().into());
    let constants = root
        .entry("constants")
        .or_insert_with(|| toml::Table::new().into());
    if let toml::Value::Table(constants) = constants {
        constants.insert(of.into(), own.into());
    }
    super::target::written(&root)
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
pub(super) fn places(part: &Part) -> Vec<usize> {
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
        On::Entries if part.is_positive() => vec![(vec![x], vec![x])],
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
        self.least_from(z, lift(&self.part, z, CHARGE)?)
    }

    /// The least ½‖θ‖² over the fibre of outputs z, through given parameters.
    fn least_from(&self, z: &[f64], arrays: Vec<Named>) -> Result<f64> {
        let model = self.source.check(Copies::All)?;
        let files = data::constants(&model)?;
        let probes = Probes::new(&model, &files, None, 0)?;
        let mut theta = Vec::new();
        for id in model.parameters() {
            let name = &model.tensor(id).name;
            let own = arrays.iter().find(|a| a.0 == *name);
            theta.extend(own.into_iter().flat_map(|a| a.2.iter().copied()));
        }
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

/// The least ½‖θ‖² over the fibre of outputs z of a model that has a part and one number beside it, through the part's lift of z.
pub(super) fn least_beside(
    text: &str,
    part: &Part,
    z: &[f64],
    (name, number): (&str, f64),
) -> Result<f64> {
    let fibre = Fibre {
        part: part.clone(),
        source: SourceFile::parse(text, None)?,
    };
    let mut arrays = lift(part, z, CHARGE)?;
    arrays.push((name.to_owned(), Vec::new(), vec![number]));
    fibre.least_from(z, arrays)
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

#[cfg(test)]
mod tests {
    use super::super::decay;
    use super::super::study::study;
    use super::super::{DesignSpec, Structured};
    use super::*;
    use std::sync::Arc;

    const RANGE: [f64; 2] = [1e-2, 5.0];

    fn read(target: &str) -> (Target, Term, Part) {
        let spec = DesignSpec::parse(&format!(
            "symbias = 1\ndriver = \"decay\"\naxes = {{ i = 3, j = 2, g = 2 }}\ncomponents = {{ w = [\"i\"] }}\ntarget = \"{target}\"\n"
        ));
        let target = Target::read(
            &spec.expect("a file"),
            &symbias_model::data::Folder::default(),
        )
        .expect("a target");
        let term = target.terms[0].clone();
        let shape = study(&target, &term, RANGE, false).expect("a shape");
        let mut names = decay::Names {
            used: Vec::new(),
            several: false,
        };
        let part = decay::part(&target, &term, &shape, RANGE, &mut names).expect("a part");
        (target, term, part)
    }

    /// A vertex that is missing makes other weights dearer, one that is too long makes some cheaper; both are seen.
    #[test]
    fn wrong_atoms_are_seen() {
        let ring = "sum[i](abs(w[i])) + sum[j](abs(w[j+1] - w[j])) + abs(w[0] - w[2])";
        let (_, term, part) = read(ring);
        let atoms = term.atoms.clone().expect("atoms");
        assert!(whole(&term, &part).expect("a comparison").error < 1e-9);
        let with = |array: Matrix| {
            let mut other = term.clone();
            other.atoms = Some(Arc::new(super::super::atoms::Atoms {
                array,
                ..(*atoms).clone()
            }));
            whole(&other, &part).expect("a comparison").error
        };
        let (n, k) = (atoms.array.rows, atoms.array.cols);
        assert!(
            with(Matrix::from_fn(n, k, |i, j| {
                let same = if j == 3 { 0 } else { j };
                atoms.array[(i, same)]
            })) > 1e-3
        );
        assert!(
            with(Matrix::from_fn(n, k, |i, j| {
                atoms.array[(i, j)] * if j == 3 { 1.1 } else { 1.0 }
            })) > 1e-3
        );
    }

    #[test]
    fn wrong_shares_are_seen() {
        for target in [
            "latent[i,g](w[i], where(pos(g) <= pos(i) and pos(i) <= pos(g) + 1, 1, 0))",
            "sum[g](norm[j](w[g+j]))",
        ] {
            let (target, mut term, part) = read(target);
            assert!(decay(&target, &term, &part, RANGE).expect("compared").error < 1e-9);
            let own = term.joint.clone().expect("a norm");
            let mut factors = own.factors.clone();
            factors[0] *= 1.1;
            term.joint = Some(Structured { factors, ..own });
            assert!(decay(&target, &term, &part, RANGE).expect("compared").error > 1e-3);
        }
    }
}
