//! Numerical discovery: the affine fields ξ(θ) = Aθ + b with J(θ)ξ(θ) = 0 at random points
//! (theory §1), an upper bound on the symmetry algebra that knows no rule.
//!
//! A constant symmetry b times any linear function ℓ(θ) is one more affine field with Jξ = 0
//! that moves nothing new: such fields are counted and taken off.

mod ansatz;

use crate::field::AffineField;
use crate::probe::Probes;
use crate::rank::numerical as of_numerics;
use ansatz::{Ansatz, Number};
use symbias_model::error::Result;
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61, reconstruct};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, RankDecision, RowSpace, schwartz_zippel};

pub(super) type Exact = Fp<MERSENNE61>;

/// Parameters up to which all affine fields are searched.
const EVERYTHING: usize = 41;
/// Unknowns of a search, at most.
const BUDGET: usize = 2048;
/// Equations beyond the number of unknowns.
const SPARE: usize = 24;
/// One equation in so many must be idle at the end: pieces of piecewise models can be rare.
const IDLE: usize = 8;
/// Gap of a floating null space whose fields are used for exact ones.
const CLEAR: f64 = 1e6;
/// Points start here, so that they are not those of the rank of J.
const FIRST_POINT: u64 = 1 << 20;

/// What the null space says.
#[derive(Clone, Debug)]
pub struct Numerical {
    /// Upper bound on the dimension of the algebra, among these fields.
    pub dimension: usize,
    /// Constant fields among them.
    pub translations: usize,
    /// The fields searched, in words.
    pub among: String,
    /// The rank of the equations.
    pub decision: RankDecision,
    ansatz: Ansatz,
    equations: Equations,
    /// Gradients at many points, where exact: what is orthogonal to all is a translation.
    gradients: Option<ExactRowSpace<MERSENNE61>>,
}

#[derive(Clone, Debug)]
enum Equations {
    Exact(ExactRowSpace<MERSENNE61>),
    Floating(RowSpace),
}

/// The upper bound; `None` if the model is too large for a search. `proven` fields are always
/// among those searched.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn numerical(probes: &Probes<'_>, proven: &[AffineField]) -> Result<Option<Numerical>> {
    let d = probes.parameters();
    let mut ansatz = if d < EVERYTHING {
        Ansatz::everything(d)
    } else {
        match Ansatz::structured(probes.model(), BUDGET) {
            Some(ansatz) => ansatz,
            None => return Ok(None),
        }
    };
    // A field for itself costs a comparison with all others.
    if proven.len() > BUDGET {
        return Ok(None);
    }
    ansatz.include(proven);
    if ansatz.unknowns.len() > BUDGET + d {
        return Ok(None);
    }
    let degree = probes.arithmetic().degree();
    let found = match degree {
        Some(degree) => exact(probes, ansatz, degree)?,
        None => floating(probes, ansatz)?,
    };
    Ok(Some(found))
}

impl Numerical {
    /// The same search in floating point: where exact coefficients are no small fractions (a model
    /// with generic constants), its fields stand for them, if it finds as many.
    ///
    /// # Errors
    /// As [`numerical`].
    pub fn in_floating_point(&self, probes: &Probes<'_>) -> Result<Option<Numerical>> {
        let found = floating(probes, self.ansatz.clone())?;
        let agrees = found.dimension == self.dimension && found.decision.is_clear(CLEAR);
        Ok(agrees.then_some(found))
    }
}

/// Random rows of J at random points, one each, until `count` equations have been made and the
/// last ones were none new (`equation` says whether one was).
fn sample<T>(
    probes: &Probes<'_>,
    count: usize,
    point: impl Fn(u64) -> Vec<T>,
    row: impl Fn(&[T], u64, &mut Stream) -> Result<Option<Vec<T>>>,
    mut equation: impl FnMut(&[T], &[T]) -> bool,
) -> Result<()> {
    let (mut made, mut idle) = (0, 0);
    for number in 0..(4 * count + 1000) as u64 {
        let theta = point(FIRST_POINT + number);
        let mut stream = Stream::new(2, number, ROWS);
        if let Some(row) = row(&theta, probes.cheap(number), &mut stream)? {
            idle = if equation(&row, &theta) { 0 } else { idle + 1 };
            made += 1;
        }
        if made >= count && idle >= SPARE.max(count / IDLE) {
            break;
        }
    }
    Ok(())
}

fn exact(probes: &Probes<'_>, ansatz: Ansatz, degree: u64) -> Result<Numerical> {
    let d = probes.parameters();
    let residues = |v: &[symbias_model::scalar::Exact]| -> Vec<Exact> {
        v.iter().map(|x| x.residue).collect()
    };
    let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(ansatz.unknowns.len());
    let mut gradients: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(d);
    let mut kept: Vec<Vec<Exact>> = Vec::new();
    sample(
        probes,
        ansatz.unknowns.len() + SPARE,
        |n| probes.exact_point(n),
        |t, p, s| probes.exact_row(t, p, s),
        |j, theta| {
            let (mut j, theta) = (residues(j), residues(theta));
            let new = space.insert(&mut ansatz.equation(&j, &theta, true));
            if gradients.rank() < d {
                let row = j.clone();
                if gradients.insert(&mut j) {
                    kept.push(row);
                }
            }
            new
        },
    )?;
    let translations = d - gradients.rank();
    let mut trivial = 0;
    if translations > 0 {
        let linear = ansatz.linear_part();
        let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(linear.unknowns.len());
        let mut stream = Stream::new(1, 0, TRIVIAL);
        let mut random = || Fp::new(stream.next_u64() >> 3);
        for _ in 0..linear.unknowns.len() + SPARE {
            let w = combination(&kept, d, &mut random);
            let v: Vec<Exact> = (0..d).map(|_| random()).collect();
            space.insert(&mut linear.equation(&w, &v, false));
        }
        trivial = linear.unknowns.len() - space.rank();
    }
    let error = schwartz_zippel((degree + 1).saturating_mul(space.rank() as u64), 61, 1);
    let decision = space.decision("J(θ)ξ(θ) = 0", Some(error));
    let dimension = (ansatz.unknowns.len() - space.rank()).saturating_sub(trivial);
    Ok(Numerical {
        dimension,
        translations,
        among: ansatz.among.clone(),
        decision,
        ansatz,
        equations: Equations::Exact(space),
        gradients: Some(gradients),
    })
}

fn floating(probes: &Probes<'_>, ansatz: Ansatz) -> Result<Numerical> {
    let d = probes.parameters();
    let count = ansatz.unknowns.len() + SPARE;
    let mut gradients = RowSpace::new(d);
    let mut samples: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    sample(
        probes,
        count + count / 2,
        |n| probes.point(n),
        |t, p, s| probes.row(t, p, s),
        |j, theta| {
            samples.push((j.to_vec(), theta.to_vec()));
            // Not known before the decomposition; the spare equations stand for it.
            false
        },
    )?;
    // Where a function saturates its gradient is the difference of numbers much larger than it,
    // and its rounding is as large as what is to be found: the steepest samples are kept. Any
    // open set of points determines an analytic function.
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    samples.sort_by(|a, b| norm(&b.0).total_cmp(&norm(&a.0)));
    samples.truncate(count);
    let mut rows: Vec<f64> = Vec::with_capacity(count * ansatz.unknowns.len());
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for (j, theta) in samples {
        let equation = ansatz.equation(&j, &theta, true);
        let size = norm(&equation);
        if size > 0.0 {
            rows.extend(equation.iter().map(|x| x / size));
            kept.push(j);
        }
    }
    let matrix = |rows: Vec<f64>, cols: usize| {
        Matrix::from_vec(rows.len() / cols, cols, rows).map_err(of_numerics)
    };
    kept.truncate(4 * d);
    gradients
        .push_rows(&matrix(kept.concat(), d)?)
        .map_err(of_numerics)?;
    let translations = gradients
        .rank("J at many points")
        .map_err(of_numerics)?
        .nullity();
    let mut trivial = 0;
    if translations > 0 {
        let linear = ansatz.linear_part();
        let mut stream = Stream::new(1, 0, TRIVIAL);
        let mut equations = Vec::new();
        for _ in 0..linear.unknowns.len() + SPARE {
            let w = combination(&kept, d, &mut || stream.next_normal());
            let v: Vec<f64> = (0..d).map(|_| stream.next_normal()).collect();
            equations.extend(linear.equation(&w, &v, false));
        }
        let mut space = RowSpace::new(linear.unknowns.len());
        space
            .push_rows(&matrix(equations, linear.unknowns.len())?)
            .map_err(of_numerics)?;
        trivial = space
            .rank("multiples of translations")
            .map_err(of_numerics)?
            .nullity();
    }
    let mut space = RowSpace::new(ansatz.unknowns.len());
    space
        .push_rows(&matrix(rows, ansatz.unknowns.len())?)
        .map_err(of_numerics)?;
    let decision = space.rank("J(θ)ξ(θ) = 0").map_err(of_numerics)?;
    let dimension = decision.nullity().saturating_sub(trivial);
    Ok(Numerical {
        dimension,
        translations,
        among: ansatz.among.clone(),
        decision,
        ansatz,
        equations: Equations::Floating(space),
        gradients: None,
    })
}

/// Streams of one seed that must not meet.
const TRIVIAL: u64 = 21;
const ROWS: u64 = 22;

fn combination<T: Number>(rows: &[Vec<T>], d: usize, random: &mut impl FnMut() -> T) -> Vec<T> {
    let mut sum = vec![T::ZERO; d];
    for row in rows {
        let c = random();
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += c * *x);
    }
    sum
}

impl Numerical {
    /// A basis of the translations that are exact identities; `None` in floating point, or if
    /// entries are no small fractions.
    #[must_use]
    pub fn constants(&self) -> Option<Vec<AffineField>> {
        let fraction = |x: &Exact| reconstruct(*x).map(|(p, q)| p as f64 / q as f64);
        let field = |v: Vec<Exact>| -> Option<AffineField> {
            let entries: Option<Vec<f64>> = v.iter().map(fraction).collect();
            let constant = entries?
                .into_iter()
                .enumerate()
                .filter(|e| e.1 != 0.0)
                .collect();
            Some(AffineField {
                linear: Vec::new(),
                constant,
            })
        };
        self.gradients
            .as_ref()?
            .nullspace()
            .into_iter()
            .map(field)
            .collect()
    }

    /// A basis of all fields found, multiples of translations included; `None` if exact entries
    /// are no small fractions.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge.
    pub fn fields(&self) -> Result<Option<Vec<AffineField>>> {
        match &self.equations {
            Equations::Exact(space) => {
                let fraction = |x: &Exact| reconstruct(*x).map(|(p, q)| p as f64 / q as f64);
                let field = |v: Vec<Exact>| -> Option<AffineField> {
                    let coefficients: Option<Vec<f64>> = v.iter().map(fraction).collect();
                    Some(self.ansatz.field(&coefficients?))
                };
                Ok(space.nullspace().into_iter().map(field).collect())
            }
            Equations::Floating(space) => {
                let (_, basis) = space.nullspace("J(θ)ξ(θ) = 0").map_err(of_numerics)?;
                Ok(Some(
                    (0..basis.cols)
                        .map(|k| self.ansatz.field(&basis.column(k)))
                        .collect(),
                ))
            }
        }
    }
}
