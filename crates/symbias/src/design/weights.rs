//! Given weights: their components, their parameters, and what target, bias and least norm are there.

use super::achieved;
use super::answer::At;
use super::atoms::{Signs, cheapest};
use super::certificate;
use super::lift::lift;
use super::part::{Construction, On, Part};
use super::study::grid;
use super::target::Target;
use std::collections::BTreeMap;
use symbias_bias::Driver;
use symbias_model::data::{self, Array, Named};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};
use symbias_numerics::dense::{Matrix, svd};

/// Parameters of given components, or weights.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// One array per parameter.
    pub arrays: Vec<Named>,
    /// The largest |F(θ) − w|, relative to the largest |w|.
    pub error: f64,
}

/// Numbers of a model that a check evaluates, at most.
const CHECKED: usize = 1_200_000;
/// Entries of a dense linear map that is inverted, at most.
const DENSE: usize = 4_000_000;

fn program(source: &SourceFile) -> Result<ScalarProgram> {
    let model = source.check(Copies::All)?;
    let files = data::constants(&model)?;
    ScalarProgram::lower(&model, &Arrays::new(&model, &files)?)
}

fn value(program: &ScalarProgram, theta: &[f64]) -> Result<Vec<f64>> {
    program.value(theta, &[]).ok_or_else(|| {
        Error::new(
            ErrorKind::Numerical,
            "the model divides by zero at these parameters",
        )
    })
}

/// The components of an array each, by name.
fn components(
    parts: &[Part],
    synthesis: Option<&str>,
    given: &BTreeMap<String, Array>,
) -> Result<Vec<Vec<f64>>> {
    let names: Vec<&str> = parts.iter().map(|p| p.component.as_str()).collect();
    if names.iter().all(|n| given.contains_key(*n)) {
        return parts
            .iter()
            .map(|p| {
                let array = &given[&p.component];
                if array.shape != p.shape {
                    return Err(Error::new(
                        ErrorKind::Shape,
                        format!(
                            "`{}` has shape {:?}, and the design has {:?}",
                            p.component, array.shape, p.shape
                        ),
                    )
                    .remedy("axes stand in declared order"));
                }
                Ok(array.entries.clone())
            })
            .collect();
    }
    let missing = || {
        let found: Vec<&str> = given.keys().map(String::as_str).collect();
        Error::new(
            ErrorKind::Unknown,
            format!(
                "the file has {}, and the design has the components {}",
                found.join(", "),
                names.join(", ")
            ),
        )
        .remedy("give one array per component, by its name, or the weights by theirs")
    };
    let source = SourceFile::parse(synthesis.ok_or_else(missing)?, None)?;
    let model = source.check(Copies::All)?;
    let mut wanted = Vec::new();
    for id in &model.outputs {
        let tensor = model.tensor(*id);
        let array = given.get(&tensor.name).ok_or_else(missing)?;
        if array.shape.iter().map(|n| *n as u64).ne(model.shape(*id)) {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has shape {:?}, and the design has {:?}",
                    tensor.name,
                    array.shape,
                    model.shape(*id)
                ),
            ));
        }
        wanted.extend(&array.entries);
    }
    let z = preimage(&program(&source)?, parts, &wanted)?;
    let mut rest = z.as_slice();
    Ok(parts
        .iter()
        .map(|p| {
            let (own, more) = rest.split_at(p.shape.iter().product());
            rest = more;
            own.to_vec()
        })
        .collect())
}

/// What a unit of each entry costs, where that is a number: |z| by two factors, or z ≥ 0 by a square.
fn costs(parts: &[Part]) -> Option<Vec<(f64, Signs)>> {
    let mut all = Vec::new();
    for part in parts {
        let own = match &part.construction {
            Construction::Product { exponents, .. }
                if part.on == On::Entries && exponents.iter().sum::<f64>() == 2.0 =>
            {
                Signs::Both
            }
            Construction::Square { .. } => Signs::Positive,
            _ => return None,
        };
        let count: usize = part.shape.iter().product();
        all.extend((0..count).map(|place| (achieved::value(part, place, 1.0), own)));
    }
    Some(all)
}

/// z with Φz = w: the one that there is, or that of the least target.
fn preimage(program: &ScalarProgram, parts: &[Part], w: &[f64]) -> Result<Vec<f64>> {
    let n = program.parameters();
    if n * w.len() > DENSE {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "the linear map from components to weights has {} entries",
                n * w.len()
            ),
        )
        .remedy("give the components instead of the weights"));
    }
    let zero = vec![0.0; n];
    let offset = value(program, &zero)?;
    let rows = program
        .jacobian(&zero, &[])
        .ok_or_else(|| Error::new(ErrorKind::Numerical, "the weights have no derivative at 0"))?;
    let a = Matrix::from_fn(w.len(), n, |i, j| rows[i][j]);
    let f = svd(&a).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let top = f.s.first().copied().unwrap_or(0.0);
    let rank = f.s.iter().take_while(|s| **s > 1e-12 * top).count();
    if let (true, Some(costs)) = (rank < n, costs(parts)) {
        let b: Vec<f64> = w.iter().zip(&offset).map(|(w, o)| w - o).collect();
        let each: Vec<f64> = costs.iter().map(|c| c.0).collect();
        let found = cheapest(&a, &b, &each, &|j| costs[j].1)?;
        return found.map(|f| f.0).ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                "no coefficients make these weights: their penalty is infinite",
            )
            .remedy("weights are combinations of the atoms, of a gauge with coefficients >= 0")
        });
    }
    if rank < n {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "{n} components make {} weights in more ways than one (rank {rank})",
                w.len()
            ),
        )
        .remedy("give the components instead of the weights"));
    }
    let b: Vec<f64> = w.iter().zip(&offset).map(|(w, o)| w - o).collect();
    let solve = |b: &[f64]| -> Vec<f64> {
        let c: Vec<f64> = (0..rank)
            .map(|k| (0..b.len()).map(|i| f.u[(i, k)] * b[i]).sum::<f64>() / f.s[k])
            .collect();
        (0..n)
            .map(|j| (0..rank).map(|k| f.v[(j, k)] * c[k]).sum())
            .collect()
    };
    let mut z = solve(&b);
    // Two steps of refinement.
    for _ in 0..2 {
        let there = value(program, &z)?;
        let rest: Vec<f64> = w.iter().zip(&there).map(|(w, t)| w - t).collect();
        z.iter_mut().zip(solve(&rest)).for_each(|(z, d)| *z += d);
    }
    // What is 0 but for rounding is 0: roots of it would not be small.
    let top = z.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    z.iter_mut()
        .filter(|x| x.abs() < 1e-14 * top)
        .for_each(|x| *x = 0.0);
    let there = value(program, &z)?;
    let scale = w.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    let off = there
        .iter()
        .zip(w)
        .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    if off > 1e-9 * scale {
        return Err(Error::new(
            ErrorKind::Value,
            format!("no components make these weights: the nearest miss by {off:.3e}"),
        )
        .remedy("the linear map from components to weights does not reach all weights"));
    }
    Ok(z)
}

/// Lifts components or weights to parameters of a model.
///
/// # Errors
/// Arrays that are missing or of another shape; weights that several components make; values beyond a plateau.
pub fn lifted(
    source: &SourceFile,
    parts: &[Part],
    synthesis: Option<&str>,
    given: &BTreeMap<String, Array>,
    charge: f64,
) -> Result<Lifted> {
    let z = components(parts, synthesis, given)?;
    let mut arrays = Vec::new();
    for (part, z) in parts.iter().zip(&z) {
        arrays.extend(lift(
            part,
            z,
            if charge == 0.0 { part.charge } else { charge },
        )?);
    }
    let model = source.check(Copies::AtMost(1))?;
    let outputs: Vec<&str> = model
        .outputs
        .iter()
        .map(|id| model.tensor(*id).name.as_str())
        .collect();
    if synthesis.is_none()
        && parts
            .iter()
            .any(|p| !outputs.contains(&p.component.as_str()))
    {
        return into_model(&model, parts, given, &z, arrays);
    }
    let wanted = match synthesis {
        None => z.concat(),
        Some(text) => value(&program(&SourceFile::parse(text, None)?)?, &z.concat())?,
    };
    let error = off(source, &arrays, &wanted)?;
    Ok(Lifted { arrays, error })
}

/// Parameters of a design into a model: those of the parts, and the others as they are given.
fn into_model(
    model: &symbias_model::Model,
    parts: &[Part],
    given: &BTreeMap<String, Array>,
    z: &[Vec<f64>],
    arrays: Vec<Named>,
) -> Result<Lifted> {
    let (mut all, mut error) = (Vec::new(), 0.0_f64);
    let mut rest = arrays.as_slice();
    for (part, z) in parts.iter().zip(z) {
        let (own, more) = rest.split_at(part.names.len());
        rest = more;
        let alone = SourceFile::parse(&super::compose::alone(part)?, None)?;
        error = error.max(off(&alone, own, z)?);
    }
    for id in model.parameters() {
        let name = &model.tensor(id).name;
        let array = match (arrays.iter().find(|a| a.0 == *name), given.get(name)) {
            (Some(array), _) => array.clone(),
            (None, Some(array)) => (name.clone(), array.shape.clone(), array.entries.clone()),
            (None, None) => {
                return Err(Error::new(
                    ErrorKind::Unknown,
                    format!("the file has no `{name}`, a parameter that the design left as it was"),
                )
                .remedy("give all parameters of the model that was designed into"));
            }
        };
        all.push(array);
    }
    Ok(Lifted { arrays: all, error })
}

fn off(source: &SourceFile, arrays: &[Named], wanted: &[f64]) -> Result<f64> {
    let program = program(source)?;
    let theta: Vec<f64> = arrays.iter().flat_map(|a| a.2.iter().copied()).collect();
    let there = value(&program, &theta)?;
    if there.len() != wanted.len() {
        return Err(
            Error::new(ErrorKind::Shape, "the model is not that of the design").remedy(
                "the answer NAME.design.json beside the model NAME.toml is of the same design",
            ),
        );
    }
    let scale = wanted
        .iter()
        .fold(0.0_f64, |m, x| m.max(x.abs()))
        .max(f64::MIN_POSITIVE);
    let mut worst = 0.0_f64;
    for (a, b) in there.iter().zip(wanted) {
        let own = (a - b).abs() / scale;
        if certificate::exceeds(own, worst) {
            worst = own;
        }
    }
    Ok(worst)
}

/// Whether the whole model is the composition of its parts, at components of all sizes of the range.
pub(super) fn check(
    source: &SourceFile,
    parts: &[Part],
    synthesis: Option<&str>,
    range: [f64; 2],
    driver: Driver,
) -> Result<()> {
    let count: usize = parts
        .iter()
        .map(|p| p.shape.iter().product::<usize>())
        .sum();
    if count > CHECKED / 20 {
        return Ok(());
    }
    let mut given = BTreeMap::new();
    for part in parts {
        let n: usize = part.shape.iter().product();
        let side = (part.size() as f64).sqrt();
        let sizes = grid(range[0], range[1] / side, n.max(2));
        let entries = sizes.iter().take(n).enumerate();
        let entries = entries.map(|(k, x)| {
            if (k * k / 3) % 2 == 0 || driver == Driver::Flow || part.is_positive() {
                *x
            } else {
                -x
            }
        });
        given.insert(
            part.component.clone(),
            Array {
                shape: part.shape.clone(),
                entries: entries.collect(),
            },
        );
    }
    let found = lifted(source, parts, synthesis, &given, 0.0)?;
    if found.error <= 1e-9 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Numerical,
        format!(
            "the model is not the composition of its parts: F(lift(z)) misses z by {:.2e}",
            found.error
        ),
    )
    .remedy("this is a fault of the program: please report the design file"))
}

/// Target, bias and least norm at given components or weights.
pub(super) fn at(
    target: &Target,
    parts: &[Part],
    synthesis: Option<&str>,
    given: &BTreeMap<String, Array>,
) -> Result<At> {
    let z = components(parts, synthesis, given)?;
    let mut found = At {
        target: 0.0,
        achieved: 0.0,
        least_norm: Some(0.0),
    };
    for ((part, term), z) in parts.iter().zip(&target.terms).zip(&z) {
        for (place, own) in super::lift::groups(part).iter().enumerate() {
            let entries: Vec<f64> = own.iter().map(|k| z[*k]).collect();
            if let Some(structured) = &term.joint {
                found.target += structured.norm(&entries);
            }
            if let Construction::Structured(structured) = &part.construction {
                found.achieved += structured.norm(&entries);
            }
            let arguments = match part.on {
                On::Joint => Vec::new(),
                On::Entries => entries.clone(),
                On::Groups => vec![entries.iter().map(|x| x * x).sum::<f64>().sqrt()],
                On::Singular => {
                    let [n, m] = [part.inner[0], part.inner[1]].map(|a| part.shape[a]);
                    let w = Matrix::from_fn(n, m, |i, j| entries[i * m + j]);
                    svd(&w)
                        .map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?
                        .s
                }
            };
            for x in arguments {
                found.target += term.value(target, place, x).unwrap_or(f64::NAN);
                found.achieved += achieved::value(part, place, x);
            }
            let least = match found.least_norm {
                Some(_) => certificate::least_at(part, place, &entries)?,
                None => None,
            };
            found.least_norm = found.least_norm.zip(least).map(|(a, b)| a + b);
        }
    }
    Ok(found)
}
