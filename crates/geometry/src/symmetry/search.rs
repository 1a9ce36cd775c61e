//! All affine fields ξ(θ) = Aθ + b of one block with J(θ)ξ(θ) = 0 at random points (theory §1): an
//! upper bound that knows no rule, and candidates that the certificate re-checks.

use super::blocks::Block;
use super::echelon::Echelon;
use super::quotient::{Quotient, small_fraction};
use crate::effort::{Cost, Effort};
use crate::field::AffineField;
use crate::probe::Probes;
use crate::rank::numerical;
use std::ops::{AddAssign, Mul};
use symbias_model::error::Result;
use symbias_model::scalar::Measured;
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, RankDecision, measured_nullspace, schwartz_zippel};

type Residue = Fp<MERSENNE61>;

/// Equations beyond the number of unknowns.
const SPARE: usize = 24;
/// One equation in so many must be idle at the end: pieces of piecewise models can be rare.
const IDLE: usize = 8;
/// Unknowns up to which the equations are solved in exact arithmetic where they can be.
const EXACT: usize = 1700;
/// An equation counts if some entry stands so far above its rounding.
pub(super) const KNOWN: f64 = 1e3;
/// Points at which exact fields are tried in floating point, and the share of its terms from which a sum is not 0.
const TRIED: u64 = 4;
const WRONG: f64 = 1e-6;
/// Factors of points that are looked at again, in turn.
pub(super) const NEARER: [f64; 4] = [1.0, 0.5, 0.25, 0.1];
/// Points start here, so that they are those of no other search.
const FIRST_POINT: u64 = 1 << 20;

/// The fields of one block.
#[derive(Clone, Debug)]
pub struct Found {
    /// Candidates, on the slice: they solve the equations at every point tried.
    pub fields: Vec<AffineField>,
    /// How many fields of the ansatz there are at most.
    pub upper: usize,
    /// Whether all affine fields of the block were searched.
    pub all: bool,
    /// Whether the bound is exact arithmetic on a function without pieces: the fields are
    /// identities but for the probability in the decision.
    pub identity: bool,
    /// The rank of the equations.
    pub decision: RankDecision,
}

/// A number of the equations: f64, or an element of a prime field.
pub(super) trait Number: Copy + Mul<Output = Self> + AddAssign {
    fn of(x: f64) -> Self;
}

impl Number for f64 {
    fn of(x: f64) -> f64 {
        x
    }
}

impl Number for Residue {
    fn of(x: f64) -> Residue {
        symbias_model::scalar::Exact::of(x).residue
    }
}

/// A linear space of affine fields in unknown coefficients.
pub(super) trait Ansatz {
    /// Their number.
    fn unknowns(&self) -> usize;
    /// ⟨j, Aθ + b⟩ = 0.
    fn equation<T: Number>(&self, j: &[T], theta: &[T]) -> Vec<T>;
    /// Bounds on the errors of the equation of a row with these errors.
    fn errors(&self, errors: &[f64], theta: &[f64]) -> Vec<f64>;
    /// The field with these coefficients.
    fn field(&self, coefficients: &[f64]) -> AffineField;
}

/// All fields of a block: an entry of A for each of its rows and columns, one of b for each row.
impl Ansatz for Block {
    fn unknowns(&self) -> usize {
        self.rows.len() * (self.columns.len() + 1)
    }

    fn equation<T: Number>(&self, j: &[T], theta: &[T]) -> Vec<T> {
        let mut row = Vec::with_capacity(Ansatz::unknowns(self));
        for i in &self.rows {
            row.extend(self.columns.iter().map(|k| j[*i] * theta[*k]));
            row.push(j[*i]);
        }
        row
    }

    fn errors(&self, errors: &[f64], theta: &[f64]) -> Vec<f64> {
        let mut row = Vec::with_capacity(Ansatz::unknowns(self));
        for i in &self.rows {
            row.extend(self.columns.iter().map(|k| errors[*i] * theta[*k].abs()));
            row.push(errors[*i]);
        }
        row
    }

    fn field(&self, coefficients: &[f64]) -> AffineField {
        let mut field = AffineField::default();
        let width = self.columns.len() + 1;
        for (i, part) in self.rows.iter().zip(coefficients.chunks_exact(width)) {
            for (k, x) in self.columns.iter().zip(part).filter(|(_, x)| **x != 0.0) {
                field.linear.push((*i, *k, *x));
            }
            if part[width - 1] != 0.0 {
                field.constant.push((*i, part[width - 1]));
            }
        }
        field
    }
}

/// How hard is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    First,
    /// After candidates that were none: more equations, and where a function that saturates, or grows without bound, says
    /// more, nearer to 0.
    Again,
}

impl Look {
    /// Equations, in those of a first look.
    fn times(self) -> usize {
        match self {
            Look::First => 1,
            Look::Again => 4,
        }
    }

    /// The factor of the n-th point.
    fn scale(self, number: u64) -> f64 {
        match self {
            Look::First => 1.0,
            Look::Again => NEARER[number as usize % NEARER.len()],
        }
    }

    /// What a search among so many unknowns costs.
    pub fn cost(self, unknowns: usize, length: usize) -> Cost {
        let one = Effort::null_space(unknowns, length);
        let times = self.times() as f64;
        Cost {
            operations: times * one.operations,
            numbers: times * one.numbers,
        }
    }
}

/// All fields of an ansatz.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub(super) fn search(
    probes: &Probes<'_>,
    quotient: &Quotient,
    ansatz: &impl Ansatz,
    look: Look,
) -> Result<Found> {
    let exactly = quotient.rational && ansatz.unknowns() <= EXACT;
    match probes.arithmetic().degree().filter(|_| exactly) {
        Some(degree) => exact(probes, quotient, ansatz, degree, look),
        None => floating(probes, quotient, ansatz, look),
    }
}

fn exact(
    probes: &Probes<'_>,
    quotient: &Quotient,
    ansatz: &impl Ansatz,
    degree: u64,
    look: Look,
) -> Result<Found> {
    let count = look.times() * (ansatz.unknowns() + SPARE);
    let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(ansatz.unknowns());
    let (mut made, mut idle) = (0, 0);
    for number in 0..(16 * count + 1000) as u64 {
        let theta = probes.exact_point(FIRST_POINT + number);
        let mut stream = Stream::new(2, number, ROWS);
        if let Some(row) = probes.exact_row(&theta, probes.cheap(number), &mut stream)? {
            let j: Vec<Residue> = row.iter().map(|x| x.residue).collect();
            let mut equation = ansatz.equation(&j, &quotient.slide_exact(&theta));
            // A dead unit says nothing.
            if equation.iter().all(|x| x.is_zero()) {
                continue;
            }
            idle = if space.insert(&mut equation) {
                0
            } else {
                idle + 1
            };
            made += 1;
        }
        // Without pieces a generic equation that is idle says that all are.
        let settled = if probes.is_piecewise() {
            made >= count && idle >= SPARE.max(count / IDLE)
        } else {
            idle >= SPARE
        };
        if settled || space.rank() == ansatz.unknowns() {
            break;
        }
    }
    let error = schwartz_zippel((degree + 1).saturating_mul(space.rank() as u64), 61, 1);
    let decision = space.decision("J(θ)ξ(θ) = 0", Some(error));
    let upper = decision.nullity();
    let rational = |v: Vec<Residue>| -> Option<AffineField> {
        let coefficients: Option<Vec<f64>> = v.into_iter().map(small_fraction).collect();
        Some(ansatz.field(&coefficients?))
    };
    let fields: Option<Vec<AffineField>> = space.nullspace().into_iter().map(rational).collect();
    let identity = !probes.is_piecewise();
    // A residue may be a small fraction by accident: then the field is none in floating point.
    let fields = match fields {
        Some(fields) if !solve(probes, quotient, &fields)? => None,
        other => other,
    };
    let fields = match fields {
        Some(fields) => fields,
        // With generic constants the dimension is exact and the fields are rounded.
        None => {
            let rounded = floating(probes, quotient, ansatz, look)?;
            if rounded.upper != upper {
                return Ok(Found {
                    upper,
                    all: true,
                    fields: Vec::new(),
                    identity: false,
                    decision,
                });
            }
            rounded.fields
        }
    };
    Ok(Found {
        fields,
        upper,
        all: true,
        identity,
        decision,
    })
}

/// Whether J(θ)ξ(θ) vanishes in floating point.
fn solve(probes: &Probes<'_>, quotient: &Quotient, fields: &[AffineField]) -> Result<bool> {
    for number in 0..TRIED {
        let theta = probes.point(FIRST_POINT + number);
        let mut stream = Stream::new(2, number, ROWS);
        let Some(row) = probes.row(&theta, probes.cheap(number), &mut stream)? else {
            continue;
        };
        let slid = quotient.slide(&theta);
        for field in fields {
            let terms = || row.iter().zip(field.at(&slid)).map(|(j, x)| j * x);
            let size: f64 = terms().map(f64::abs).sum();
            if terms().sum::<f64>().abs() > WRONG * size {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn floating(
    probes: &Probes<'_>,
    quotient: &Quotient,
    ansatz: &impl Ansatz,
    look: Look,
) -> Result<Found> {
    let n = ansatz.unknowns();
    let mut count = look.times() * (n + n / 4 + SPARE);
    let most = look.times() * 2 * n;
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    let (mut number, mut rows) = (0, 0);
    loop {
        while rows < count && number < 16 * count as u64 + 1000 {
            let mut theta = probes.point(FIRST_POINT + number);
            theta.iter_mut().for_each(|x| *x *= look.scale(number));
            let mut stream = Stream::new(2, number, ROWS);
            if let Some(j) = probes.measured_row(&theta, probes.cheap(number), &mut stream)? {
                let slid = quotient.slide(&theta);
                let plain: Vec<f64> = j.iter().map(Measured::value).collect();
                let rounding: Vec<f64> = j.iter().map(Measured::error).collect();
                let (equation, error) = (
                    ansatz.equation(&plain, &slid),
                    ansatz.errors(&rounding, &slid),
                );
                // A dead unit says nothing, and neither does what is all rounding.
                if equation
                    .iter()
                    .zip(&error)
                    .any(|(x, e)| x.abs() > KNOWN * e)
                {
                    values.extend(equation);
                    errors.extend(error);
                    rows += 1;
                }
            }
            number += 1;
        }
        let matrix = |data: &[f64]| Matrix::from_vec(rows, n, data.to_vec()).map_err(numerical);
        let (decision, basis) =
            measured_nullspace("J(θ)ξ(θ) = 0", &matrix(&values)?, &matrix(&errors)?)
                .map_err(numerical)?;
        // A weak gap asks for more points, once.
        if decision.is_certain() || count > most {
            let vectors = (0..basis.cols).map(|k| basis.column(k)).collect();
            let sparse = Echelon::of(vectors).cleaned().rows;
            return Ok(Found {
                fields: sparse.iter().map(|v| ansatz.field(v)).collect(),
                upper: decision.nullity(),
                all: true,
                identity: false,
                decision,
            });
        }
        count *= 2;
    }
}

/// Stream of the equations' combinations.
const ROWS: u64 = 22;
