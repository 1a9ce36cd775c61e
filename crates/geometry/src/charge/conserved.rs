//! How many independent functions gradient flow conserves, whatever the data and the loss:
//! d − dim Lie{∇F_i}(θ) at generic θ (theory §2.5, [G23]).
//!
//! The algebra is spanned by nested brackets [X_k, […, [X_2, X_1]]] of the gradient fields X = ∇(c·F).
//! They are evaluated at one point by derivatives of any order (`Nilpotent`), and brackets of
//! random combinations span what brackets of all fields span. As soon as one more nesting adds
//! no dimension at a generic point, the distribution is involutive and nothing more can come.

use crate::probe::Probes;
use crate::rank::numerical;
use std::borrow::Cow;
use symbias_model::error::Result;
use symbias_model::scalar::{Exact, Nilpotent, Scalar, ScalarProgram};
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, RankDecision, RowSpace, schwartz_zippel};

/// Nestings at most; each doubles the cost.
const DEEPEST: u32 = 5;
/// Idle brackets after which a nesting counts as exhausted, beyond those that cannot be avoided.
const IDLE: usize = 6;
/// Points of a piecewise model: at some of them a unit may be dead.
const POINTS: u64 = 3;
/// Parameters up to which the brackets are evaluated.
pub const LARGEST: usize = 320;
/// Points start here, so that they are not those of another search.
const FIRST_POINT: u64 = 1 << 30;

/// The count of conserved functions.
#[derive(Clone, Debug)]
pub struct Conserved {
    /// d − dim Lie{∇F_i}.
    pub count: usize,
    /// Dimension of the span of the brackets, and how it was decided.
    pub decision: RankDecision,
    /// Brackets of so many fields were needed (1: the gradients alone span everything).
    pub nesting: u32,
    /// Whether one more nesting added nothing; otherwise `count` is an upper bound.
    pub exhausted: bool,
}

/// Counts the functions that every gradient flow of a loss of F conserves; `None` if the model
/// is larger than [`LARGEST`]. `at_least` functions are known to be conserved (the independent
/// charges): the search ends as soon as no more are left.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn conserved(probes: &Probes<'_>, at_least: usize) -> Result<Option<Conserved>> {
    if probes.parameters() > LARGEST {
        return Ok(None);
    }
    let mut best: Option<Conserved> = None;
    for number in 0..if probes.is_piecewise() { POINTS } else { 1 } {
        let found = match probes.arithmetic().degree() {
            Some(degree) => exact(probes, FIRST_POINT + number, degree, at_least)?,
            None => floating(probes, FIRST_POINT + number, at_least)?,
        };
        if best.as_ref().is_none_or(|b| found.count < b.count) {
            best = Some(found);
        }
    }
    Ok(best)
}

/// One random gradient field ∇(c·F) for one probe.
struct Gradient<'a, S> {
    program: Cow<'a, ScalarProgram>,
    x: Vec<Nilpotent<S>>,
    c: Vec<Nilpotent<S>>,
}

impl<S: Scalar> Gradient<'_, S> {
    fn at(&self, theta: &[Nilpotent<S>]) -> Option<Vec<Nilpotent<S>>> {
        self.program.vjp(theta, &self.x, &self.c)
    }
}

/// [X_k, […, [X_2, X_1]]](θ); `depth` counts the ε in θ.
fn bracket<S: Scalar>(fields: &[Gradient<'_, S>], theta: &[Nilpotent<S>], depth: u32) -> Option<Vec<Nilpotent<S>>> {
    let (last, rest) = fields.split_last()?;
    if rest.is_empty() {
        return last.at(theta);
    }
    // [X, Y] = DY·X − DX·Y.
    let along = |direction: &[Nilpotent<S>]| -> Vec<Nilpotent<S>> {
        theta.iter().zip(direction).map(|(t, v)| t.moved(v)).collect()
    };
    let x = last.at(theta)?;
    let y = bracket(rest, theta, depth)?;
    let dy = bracket(rest, &along(&x), depth + 1)?;
    let dx = last.at(&along(&y))?;
    let derivative = |n: &Nilpotent<S>| n.derivative(depth + 1);
    Some(dy.iter().zip(&dx).map(|(a, b)| derivative(a).plus(&derivative(b).minus())).collect())
}

/// A space of vectors that grows.
trait Span<S> {
    fn insert(&mut self, vector: Vec<S>) -> Result<bool>;
    fn rank(&self) -> usize;
}

/// Grows the span of nested brackets until nothing comes any more.
fn grow<'a, S: Scalar>(
    d: usize,
    at_least: usize,
    theta: &[S],
    mut field: impl FnMut(u64) -> Result<Gradient<'a, S>>,
    span: &mut impl Span<S>,
) -> Result<(u32, bool)> {
    let theta: Vec<Nilpotent<S>> = theta.iter().cloned().map(Nilpotent::number).collect();
    let mut number = 0;
    for nesting in 1..=DEEPEST {
        let before = span.rank();
        let (mut idle, mut tries) = (0, 0);
        while idle < IDLE && tries < 4 * d + 64 {
            if span.rank() + at_least >= d {
                return Ok((nesting, true));
            }
            tries += 1;
            let fields: Vec<Gradient<'a, S>> = (0..nesting)
                .map(|_| {
                    number += 1;
                    field(number)
                })
                .collect::<Result<_>>()?;
            let Some(vector) = bracket(&fields, &theta, 0) else { continue };
            let values: Vec<S> = vector.iter().map(|v| v.value().clone()).collect();
            idle = if span.insert(values)? { 0 } else { idle + 1 };
        }
        if nesting > 1 && span.rank() == before {
            return Ok((nesting - 1, true));
        }
    }
    Ok((DEEPEST, false))
}

struct ExactSpan(ExactRowSpace<MERSENNE61>);

impl Span<Exact> for ExactSpan {
    fn insert(&mut self, vector: Vec<Exact>) -> Result<bool> {
        let mut row: Vec<Fp<MERSENNE61>> = vector.iter().map(|x| x.residue).collect();
        Ok(self.0.insert(&mut row))
    }

    fn rank(&self) -> usize {
        self.0.rank()
    }
}

fn exact(probes: &Probes<'_>, point: u64, degree: u64, at_least: usize) -> Result<Conserved> {
    let d = probes.parameters();
    let mut stream = Stream::new(5, point, FIELDS);
    let mut random = move |shadow| Exact { residue: Fp::new(stream.next_u64() >> 3), shadow };
    let mut span = ExactSpan(ExactRowSpace::new(d));
    let (nesting, exhausted) = grow(
        d,
        at_least,
        &probes.exact_point(point),
        |n| {
            let (program, x) = probes.exact_program(probes.cheap(n))?;
            let c = (0..program.outputs()).map(|_| Nilpotent::number(random(1.0))).collect();
            Ok(Gradient { program, x: x.into_iter().map(Nilpotent::number).collect(), c })
        },
        &mut span,
    )?;
    let degrees = degree.saturating_mul(u64::from(nesting)).saturating_mul(span.rank() as u64);
    let decision = span.0.decision("Lie algebra of the gradients of F", Some(schwartz_zippel(degrees, 61, 1)));
    Ok(Conserved { count: d - span.rank(), decision, nesting, exhausted })
}

struct FloatingSpan {
    d: usize,
    rows: RowSpace,
    rank: usize,
}

impl Span<f64> for FloatingSpan {
    fn insert(&mut self, vector: Vec<f64>) -> Result<bool> {
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(norm > 0.0 && norm.is_finite()) {
            return Ok(false);
        }
        self.rows
            .push_rows(&Matrix::from_fn(1, self.d, |_, j| vector[j] / norm))
            .map_err(numerical)?;
        let rank = self.rows.rank("brackets").map_err(numerical)?.rank;
        let new = rank > self.rank;
        self.rank = rank;
        Ok(new)
    }

    fn rank(&self) -> usize {
        self.rank
    }
}

fn floating(probes: &Probes<'_>, point: u64, at_least: usize) -> Result<Conserved> {
    let d = probes.parameters();
    let mut stream = Stream::new(5, point, FIELDS);
    let mut span = FloatingSpan { d, rows: RowSpace::new(d), rank: 0 };
    let (nesting, exhausted) = grow(
        d,
        at_least,
        &probes.point(point),
        |n| {
            let (program, x) = probes.program(probes.cheap(n))?;
            let c = (0..program.outputs()).map(|_| Nilpotent::number(stream.next_normal())).collect();
            Ok(Gradient { program, x: x.into_iter().map(Nilpotent::number).collect(), c })
        },
        &mut span,
    )?;
    let decision = span.rows.rank("Lie algebra of the gradients of F").map_err(numerical)?;
    Ok(Conserved { count: d - span.rank, decision, nesting, exhausted })
}

/// Stream of the random fields.
const FIELDS: u64 = 41;
