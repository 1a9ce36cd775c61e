//! How many independent functions gradient flow conserves, whatever the data and the loss:
//! d − dim Lie{∇F_i}(θ) at generic θ (theory §2.5, Marcotte, Gribonval, Peyré 2023).
//!
//! The algebra is spanned by nested brackets [X_k, […, [X_2, X_1]]] of the gradient fields X = ∇(c·F).
//! They are evaluated at one point by derivatives of any order (`Nilpotent`), and brackets of
//! random combinations span what brackets of all fields span. As soon as one more nesting adds
//! no dimension at a generic point, the distribution is involutive and nothing more can come.

use crate::probe::Probes;
use crate::rank::{GenericRank, numerical};
use std::borrow::Cow;
use symbias_model::error::Result;
use symbias_model::scalar::{Exact, Nilpotent, Scalar, ScalarProgram};
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, RankDecision, RowSpace, schwartz_zippel};

/// Nestings at most; each doubles the cost.
const DEEPEST: u32 = 5;
/// Idle brackets after which a nesting counts as exhausted, …
const IDLE: usize = 6;
/// … and for a piecewise model, where brackets that are new may be rare.
const IDLE_PIECES: usize = 24;
/// Length of a bracket of unit fields that counts as zero: 10⁶ roundings.
const VANISHING: f64 = 1e-9;
/// Parameters up to which the brackets are evaluated.
pub const LARGEST: usize = 420;

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
/// charges): the search ends as soon as no more are left. `rank` says at which point and with how
/// many probes the gradients have full rank; elsewhere units of a piecewise model may be dead.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn conserved(
    probes: &Probes<'_>,
    rank: &GenericRank,
    at_least: usize,
) -> Result<Option<Conserved>> {
    if probes.parameters() > LARGEST {
        return Ok(None);
    }
    let found = match probes.arithmetic().degree() {
        Some(degree) => exact(probes, rank, degree, at_least)?,
        None => floating(probes, rank, at_least)?,
    };
    Ok(Some(found))
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
fn bracket<S: Scalar>(
    fields: &[Gradient<'_, S>],
    theta: &[Nilpotent<S>],
    depth: u32,
) -> Option<Vec<Nilpotent<S>>> {
    let (last, rest) = fields.split_last()?;
    if rest.is_empty() {
        return last.at(theta);
    }
    // [X, Y] = DY·X − DX·Y.
    let along = |direction: &[Nilpotent<S>]| -> Vec<Nilpotent<S>> {
        theta
            .iter()
            .zip(direction)
            .map(|(t, v)| t.moved(v))
            .collect()
    };
    let x = last.at(theta)?;
    let y = bracket(rest, theta, depth)?;
    let dy = bracket(rest, &along(&x), depth + 1)?;
    let dx = last.at(&along(&y))?;
    let derivative = |n: &Nilpotent<S>| n.derivative(depth + 1);
    Some(
        dy.iter()
            .zip(&dx)
            .map(|(a, b)| derivative(a).plus(&derivative(b).minus()))
            .collect(),
    )
}

fn patience(probes: &Probes<'_>) -> usize {
    if probes.is_piecewise() {
        IDLE_PIECES
    } else {
        IDLE
    }
}

/// A space of vectors that grows.
trait Span<S> {
    /// Adds vectors; `rank` counts them afterwards.
    fn insert(&mut self, vectors: Vec<Vec<S>>) -> Result<()>;
    fn rank(&self) -> usize;
}

/// Grows the span of nested brackets until nothing comes any more.
fn grow<'a, S: Scalar>(
    (d, at_least, patience): (usize, usize, usize),
    theta: &[S],
    mut field: impl FnMut(u64) -> Result<Gradient<'a, S>>,
    span: &mut impl Span<S>,
) -> Result<(u32, bool)> {
    let theta: Vec<Nilpotent<S>> = theta.iter().cloned().map(Nilpotent::number).collect();
    let mut number = 0;
    for nesting in 1..=DEEPEST {
        let before = span.rank();
        let (mut batch, mut tries) = (patience, 0);
        loop {
            if span.rank() + at_least >= d {
                return Ok((nesting, true));
            }
            let mut vectors = Vec::new();
            for _ in 0..batch.min(d - at_least - span.rank() + patience) {
                let fields: Vec<Gradient<'a, S>> = (0..nesting)
                    .map(|_| {
                        number += 1;
                        field(number)
                    })
                    .collect::<Result<_>>()?;
                let vector = bracket(&fields, &theta, 0);
                vectors.extend(
                    vector.map(|v| v.iter().map(|x| x.value().clone()).collect::<Vec<S>>()),
                );
            }
            tries += batch;
            let known = span.rank();
            span.insert(vectors)?;
            if span.rank() == known || tries > 8 * d + 64 {
                break;
            }
            batch *= 2;
        }
        if nesting > 1 && span.rank() == before {
            return Ok((nesting - 1, true));
        }
    }
    Ok((DEEPEST, false))
}

struct ExactSpan(ExactRowSpace<MERSENNE61>);

impl Span<Exact> for ExactSpan {
    fn insert(&mut self, vectors: Vec<Vec<Exact>>) -> Result<()> {
        for vector in vectors {
            let mut row: Vec<Fp<MERSENNE61>> = vector.iter().map(|x| x.residue).collect();
            self.0.insert(&mut row);
        }
        Ok(())
    }

    fn rank(&self) -> usize {
        self.0.rank()
    }
}

fn exact(
    probes: &Probes<'_>,
    rank: &GenericRank,
    degree: u64,
    at_least: usize,
) -> Result<Conserved> {
    let d = probes.parameters();
    let (point, theta) = (rank.point, probes.exact_point(rank.point));
    let mut stream = Stream::new(5, point, FIELDS);
    let mut random = move |shadow| Exact {
        residue: Fp::new(stream.next_u64() >> 3),
        shadow,
    };
    let mut span = ExactSpan(ExactRowSpace::new(d));
    for probe in 0..rank.probes {
        if span.rank() == rank.decision.rank {
            break;
        }
        span.insert(probes.exact_rows(&theta, probe)?.unwrap_or_default())?;
    }
    let (nesting, exhausted) = grow(
        (d, at_least, patience(probes)),
        &theta,
        |n| {
            let (program, x) = probes.exact_program(probes.cheap(n))?;
            let c = (0..program.outputs())
                .map(|_| Nilpotent::number(random(1.0)))
                .collect();
            Ok(Gradient {
                program,
                x: x.into_iter().map(Nilpotent::number).collect(),
                c,
            })
        },
        &mut span,
    )?;
    let degrees = degree
        .saturating_mul(u64::from(nesting))
        .saturating_mul(span.rank() as u64);
    let decision = span.0.decision(
        "Lie algebra of the gradients of F",
        Some(schwartz_zippel(degrees, 61, 1)),
    );
    Ok(Conserved {
        count: d - span.rank(),
        decision,
        nesting,
        exhausted,
    })
}

struct FloatingSpan {
    d: usize,
    rows: RowSpace,
    rank: usize,
}

impl Span<f64> for FloatingSpan {
    fn insert(&mut self, vectors: Vec<Vec<f64>>) -> Result<()> {
        // The fields have unit length, so that a bracket this short is one that vanishes. What is long is made a unit; what is
        // short stays so: enlarged, its roundings would count as a direction (rows of J of a softmax that is nearly constant).
        let unit = |v: &Vec<f64>| {
            let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            (norm > VANISHING && norm.is_finite())
                .then(|| v.iter().map(|x| x / norm.max(1.0)).collect::<Vec<f64>>())
        };
        let rows: Vec<Vec<f64>> = vectors.iter().filter_map(unit).collect();
        if !rows.is_empty() {
            let block = Matrix::from_fn(rows.len(), self.d, |i, j| rows[i][j]);
            self.rows.push_rows(&block).map_err(numerical)?;
            self.rank = self.rows.rank("brackets").map_err(numerical)?.rank;
        }
        Ok(())
    }

    fn rank(&self) -> usize {
        self.rank
    }
}

fn floating(probes: &Probes<'_>, rank: &GenericRank, at_least: usize) -> Result<Conserved> {
    let d = probes.parameters();
    let (point, theta) = (rank.point, probes.point(rank.point));
    let mut stream = Stream::new(5, point, FIELDS);
    let mut span = FloatingSpan {
        d,
        rows: RowSpace::new(d),
        rank: 0,
    };
    let mut rows = Vec::new();
    for probe in 0..rank.probes {
        rows.extend(probes.rows(&theta, probe)?);
    }
    span.insert(rows)?;
    let (nesting, exhausted) = grow(
        (d, at_least, patience(probes)),
        &theta,
        |n| {
            let (program, x) = probes.program(probes.cheap(n))?;
            let c: Vec<f64> = (0..program.outputs())
                .map(|_| stream.next_normal())
                .collect();
            let size = program
                .vjp(&theta, &x, &c)
                .map_or(1.0, |v| v.iter().map(|x| x * x).sum::<f64>().sqrt());
            let scale = if size > 0.0 { 1.0 / size } else { 1.0 };
            let c = c
                .into_iter()
                .map(|c| Nilpotent::number(c * scale))
                .collect();
            Ok(Gradient {
                program,
                x: x.into_iter().map(Nilpotent::number).collect(),
                c,
            })
        },
        &mut span,
    )?;
    let decision = span
        .rows
        .rank("Lie algebra of the gradients of F")
        .map_err(numerical)?;
    Ok(Conserved {
        count: d - span.rank,
        decision,
        nesting,
        exhausted,
    })
}

/// Stream of the random fields.
const FIELDS: u64 = 41;
