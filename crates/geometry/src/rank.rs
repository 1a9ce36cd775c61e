//! Rank of J at a generic point (theory §1): probes are added until it stops growing, points until
//! its gap is clear, and digits if more points do not help.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::effort::Effort;
//! use symbias_geometry::probe::{Entries, Probes};
//! use symbias_geometry::rank::generic_rank;
//! let probes = Probes::new(&model, &Entries::new(), None, 0)?;
//! let rank = generic_rank(&probes, 4, Effort::default())?.expect("it is small");
//! assert!(rank.decision.rank == 2 && rank.decision.exact);
//! # Ok::<(), symbias_model::Error>(())
//! ```

use crate::effort::Effort;
use crate::probe::{Probes, WHOLE};
use crate::symmetry::Evidence;
use std::collections::VecDeque;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::scalar::{Exact, Measured};
use symbias_numerics::dense::Matrix;
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::{ExactRowSpace, RankDecision, measured_rank, schwartz_zippel};

/// Probes at least, before a rank that does not grow counts as settled.
const LEAST: u64 = 4;
/// How often the largest rank must have been seen where the function has pieces, …
const SEEN: u32 = 4;
/// … or how many points compared (fewer where the bound is reached): the rank may differ from piece to piece.
const POINTS: u64 = 24;
const COMPARED: u64 = 2;
/// Points compared where the function is analytic: one decides in exact arithmetic, a second one
/// re-checks a rank of rounded numbers.
const CHECKED: u64 = 2;
/// Rows for each dimension of the bound, from which a point whose gap is not clear waits until other points were looked at.
const UNCLEAR: usize = 3;
/// Columns beyond the rows of a sketch.
const SKETCH_SPARE: usize = 48;
/// Entries of a column of a sketch.
const SPREAD: usize = 8;
/// Columns up to which a weak gap is looked at with more digits.
const DIGITS: usize = 200;
/// Columns from which J is sketched.
const SKETCHED: usize = 600;

/// The rank of J at generic points.
#[derive(Clone, Debug)]
pub struct GenericRank {
    /// The largest rank found.
    pub decision: RankDecision,
    /// Probes (samples) that were used for it.
    pub probes: u64,
    /// The point (of [`Probes::point`]) where it was found.
    pub point: u64,
    /// Smallest rank among the points, where pieces differ.
    pub smallest: usize,
    /// At how many points it was seen, and how many were looked at.
    pub seen: (u64, u64),
    /// Proven in exact arithmetic, certified at a second point, or open.
    pub evidence: Evidence,
}

/// What one point says.
struct AtPoint {
    decision: RankDecision,
    probes: u64,
    clear: bool,
}

/// Rank of J at generic parameters for generic inputs (or for the given ones). It cannot exceed
/// `bound`, d minus the dimension of a generic orbit: the search ends when it gets there. `None` where
/// it would cost more than `effort` allows.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn generic_rank(
    probes: &Probes<'_>,
    bound: usize,
    effort: Effort,
) -> Result<Option<GenericRank>> {
    let d = probes.parameters();
    // J has no more rows than this.
    let rows = probes
        .count()
        .map(|n| (n as usize).saturating_mul(probes.outputs()));
    let mut bound = rows.map_or(bound, |rows| rows.min(bound));
    if probes.is_piecewise() {
        // Where no point is known to say all, a bound that holds at all of them does.
        bound = probes.functions()?.map_or(bound, |most| most.min(bound));
    }
    let Some(tried_up_to) = affordable(probes, bound, effort)? else {
        return Ok(None);
    };
    let (whole, bound) = (bound, tried_up_to);
    let exact = probes.arithmetic().degree().filter(|_| {
        effort
            .exactly()
            .allows(Effort::exact_rank(bound.min(d), d, probes.length()))
    });
    let one = match exact {
        Some(_) => Effort::exact_rank(bound.min(d), d, probes.length()),
        None => Effort::floating_rank(bound, probes.length()),
    };
    // The largest rank may be that of rare pieces: all points are looked at where that is cheap.
    let thorough = effort.of_another_look().allows(one.times(POINTS as f64));
    let mut best: Option<(GenericRank, bool)> = None;
    let (mut smallest, mut seen, mut tried) = (usize::MAX, 0, 0);
    let mut points: VecDeque<(u64, Patience)> = points(probes, exact.is_none())?;
    while let Some((number, patience)) = points.pop_front() {
        let found = match exact {
            Some(degree) => Some(exact_at(probes, number, degree, bound)?),
            None => floating_at(probes, number, bound, patience)?,
        };
        let Some(found) = found else {
            points.push_back((number, Patience::Long));
            continue;
        };
        smallest = smallest.min(found.decision.rank);
        let before = best.as_ref().map(|b| b.0.decision.rank);
        let better = before.is_none_or(|b| {
            found.decision.rank > b
                || found.decision.rank == b && found.clear && !best.as_ref().is_some_and(|b| b.1)
        });
        seen = match before {
            Some(b) if found.decision.rank == b => seen + 1,
            Some(b) if found.decision.rank < b => seen,
            _ => 1,
        };
        if better {
            let rank = GenericRank {
                decision: found.decision,
                probes: found.probes,
                point: number,
                smallest: 0,
                seen: (0, 0),
                evidence: Evidence::Open,
            };
            best = Some((rank, found.clear));
        }
        let Some((now, clear)) = &best else { continue };
        let reached = now.decision.rank == bound;
        tried += 1;
        // The rank of an analytic map is the same at almost every point.
        let enough = if probes.is_piecewise() {
            seen >= SEEN && !thorough || reached && tried >= COMPARED
        } else {
            exact.is_some() || *clear && seen >= 2 && tried >= CHECKED
        };
        if enough || !probes.is_piecewise() && tried >= SEEN.into() {
            break;
        }
    }
    let (mut found, clear) =
        best.ok_or_else(|| Error::new(ErrorKind::Numerical, "no point was evaluated"))?;
    // A rank that fills what could be looked at says nothing of the rest.
    if found.decision.rank == bound && bound < whole {
        return Ok(None);
    }
    found.smallest = smallest;
    // The largest rank is known where it was seen often. Finitely many inputs meet few combinations of pieces at one θ:
    // there another θ may always meet more.
    let rare = seen < SEEN && tried > u64::from(seen) && found.decision.rank < bound;
    found.seen = (seen.into(), tried);
    let of_a_region = smallest < found.decision.rank && (rare || !probes.fills_regions());
    // What is as large as the bound is so on every piece.
    let full = found.decision.rank == bound && found.decision.is_certain();
    let met = full || probes.pieces().are_met() && !of_a_region;
    found.evidence = match (met, exact) {
        (true, Some(_)) => Evidence::Proven,
        (true, None) if clear && seen >= 2 => Evidence::Certified,
        _ => Evidence::Open,
    };
    Ok(Some(found))
}

/// How many rows are looked at where the gap is not clear.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// A few times the bound, while there are other points: an analytic function has the same rank at all of them, and
    /// where one singular value happens to be small no number of rows makes it large.
    Short,
    Long,
}

/// The points that are looked at, in order.
fn points(probes: &Probes<'_>, floating: bool) -> Result<VecDeque<(u64, Patience)>> {
    let all = probes.points_by_pieces(POINTS)?.into_iter();
    Ok(if floating && !probes.is_piecewise() {
        all.take(SEEN as usize)
            .map(|n| (n, Patience::Short))
            .collect()
    } else {
        all.map(|n| (n, Patience::Long)).collect()
    })
}

/// The bound, where the effort allows a rank so large; otherwise the largest rank that a share of it allows,
/// in case that of J is smaller than its bound and not seen to be larger.
fn affordable(probes: &Probes<'_>, bound: usize, effort: Effort) -> Result<Option<usize>> {
    let allows =
        |r: usize, effort: Effort| effort.allows(Effort::floating_rank(r, probes.length()));
    if allows(bound, effort) {
        return Ok(Some(bound));
    }
    let part = effort.of_a_try();
    let sizes = [8000, 4000, 2800, 2000, 1400, 1000, 700, 500];
    let Some(size) = sizes.into_iter().find(|r| *r < bound && allows(*r, part)) else {
        return Ok(None);
    };
    Ok((probes.separate()? <= size).then_some(size))
}

/// Columns of J, or random combinations of them: a rank below their number is the same.
struct Columns {
    width: usize,
    /// For each column of J the columns of the sketch that it enters, and a random number each.
    spread: Option<Vec<[(usize, u64); SPREAD]>>,
}

impl Columns {
    fn new(d: usize, bound: usize) -> Columns {
        let width = bound + WHOLE + SKETCH_SPARE;
        if d < SKETCHED || width * 3 > d * 2 {
            return Columns {
                width: d,
                spread: None,
            };
        }
        let mut stream = Stream::new(17, d as u64, SKETCH);
        let mut entry = |_| (stream.next_below(width as u64) as usize, stream.next_u64());
        let spread = (0..d).map(|_| std::array::from_fn(&mut entry)).collect();
        Columns {
            width,
            spread: Some(spread),
        }
    }

    fn exact(&self, row: impl Iterator<Item = Fp<MERSENNE61>>) -> Vec<Fp<MERSENNE61>> {
        let Some(spread) = &self.spread else {
            return row.collect();
        };
        let mut short = vec![Fp::ZERO; self.width];
        for (x, entries) in row.zip(spread).filter(|(x, _)| !x.is_zero()) {
            for (at, random) in entries {
                short[*at] += x * Fp::new(random >> 3);
            }
        }
        short
    }

    /// The row and the bounds on its errors.
    fn floating(&self, row: &[Measured]) -> (Vec<f64>, Vec<f64>) {
        let Some(spread) = &self.spread else {
            return row.iter().map(|x| (x.value(), x.error())).unzip();
        };
        let (mut value, mut error) = (vec![0.0; self.width], vec![0.0; self.width]);
        for (x, entries) in row.iter().zip(spread) {
            if x.value() != 0.0 || x.error() != 0.0 {
                for (at, random) in entries {
                    value[*at] += if random & 1 == 0 {
                        x.value()
                    } else {
                        -x.value()
                    };
                    error[*at] += x.error();
                }
            }
        }
        (value, error)
    }
}

fn exact_at(probes: &Probes<'_>, number: u64, degree: u64, bound: usize) -> Result<AtPoint> {
    let d = probes.parameters();
    let theta = probes.exact_point(number);
    let columns = Columns::new(d, bound);
    let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(columns.width);
    let used = until_idle(probes, bound, |range| {
        for probe in range {
            let most = bound.saturating_sub(space.rank()) + WHOLE;
            let short = |row: Vec<Exact>| columns.exact(row.iter().map(|x| x.residue));
            let mut rows = Vec::new();
            probes.exact_rows_up_to(&theta, probe, most, &mut |row| rows.push(short(row)))?;
            let last = rows.split_off(rows.len().saturating_sub(WHOLE));
            space.insert_all(rows, bound);
            let grew = space.insert_all(last, bound);
            // Combinations of all rows that add to the span are followed by more, until they do not.
            let mut idle = if grew == 0 { WHOLE } else { 0 };
            let mut stream = Stream::new(18, probe, MORE);
            while probes.outputs() > most && idle < WHOLE && space.rank() < bound {
                let Some(row) = probes.exact_row(&theta, probe, &mut stream)? else {
                    break;
                };
                idle = if space.insert(&mut short(row)) {
                    0
                } else {
                    idle + 1
                };
            }
        }
        Ok(Some((space.rank(), true)))
    })?;
    let error = schwartz_zippel(degree.saturating_mul(space.rank() as u64), 61, 1);
    let mut decision = space.decision("J", Some(error));
    decision.cols = d;
    Ok(AtPoint {
        decision,
        probes: used.unwrap_or_default(),
        clear: true,
    })
}

/// `None` where patience ends before the gap is clear.
fn floating_at(
    probes: &Probes<'_>,
    number: u64,
    bound: usize,
    patience: Patience,
) -> Result<Option<AtPoint>> {
    let d = probes.parameters();
    let theta = probes.point(number);
    let columns = Columns::new(d, bound);
    let mut values = Matrix::zeros(0, columns.width);
    let mut errors = values.clone();
    let mut decision: Option<RankDecision> = None;
    let used = until_idle(probes, bound, |range| {
        for probe in range {
            let known = decision.as_ref().map_or(0, |d| d.rank);
            let most = bound.saturating_sub(known) + WHOLE;
            probes.measured_rows(&theta, probe, most, &mut |row| {
                let (value, error) = columns.floating(&row);
                push(&mut values, value);
                push(&mut errors, error);
            })?;
        }
        let mut found = measured_rank("J", &values, &errors).map_err(numerical)?;
        found.rank = found.rank.min(bound);
        let (rank, clear) = (found.rank, found.is_certain());
        decision = Some(found);
        let many = values.rows > UNCLEAR * bound;
        let waits = patience == Patience::Short && many && !clear && rank < bound;
        Ok((!waits).then_some((rank, clear)))
    })?;
    let Some(used) = used else {
        return Ok(None);
    };
    let mut decision =
        decision.ok_or_else(|| Error::new(ErrorKind::Numerical, "no probe was evaluated"))?;
    if !decision.is_certain() && d <= DIGITS {
        let longer = crate::digits::rank(probes, &theta, used)?;
        decision = longer.filter(|l| l.rank <= bound).unwrap_or(decision);
    }
    decision.cols = d;
    let clear = decision.is_certain() || decision.rank == bound;
    Ok(Some(AtPoint {
        decision,
        probes: used,
        clear,
    }))
}

fn push(matrix: &mut Matrix, row: Vec<f64>) {
    matrix.data.extend(row);
    matrix.rows += 1;
}

/// Doubles the number of probes until the rank has not grown and is clear, or is full; returns the
/// number, or `None` as soon as `add` does.
fn until_idle(
    probes: &Probes<'_>,
    full: usize,
    mut add: impl FnMut(std::ops::Range<u64>) -> Result<Option<(usize, bool)>>,
) -> Result<Option<u64>> {
    // Integer inputs repeat, and inputs that reach a rarely active unit are rare.
    let patience = if probes.is_piecewise() || probes.selects() {
        2
    } else {
        1
    };
    let least = match probes.selects() {
        true => (4 * LEAST).max(probes.joint_values()),
        false => LEAST,
    };
    let most = (8 * full as u64).max(64);
    let (mut rank, mut done, mut target, mut idle) = (0, 0, 1, 0);
    loop {
        target = probes.count().map_or(target, |n| target.min(n));
        let Some((next, clear)) = add(done..target)? else {
            return Ok(None);
        };
        idle = if done > 0 && next == rank && target >= least {
            idle + 1
        } else {
            0
        };
        (rank, done) = (next, target);
        let settled = idle >= patience && (clear || done >= most);
        if settled || rank == full || probes.count() == Some(done) {
            return Ok(Some(done));
        }
        target *= 2;
    }
}

/// Streams of the sketch, and of further combinations of rows.
const SKETCH: u64 = 51;
const MORE: u64 = 52;

/// An error of the linear algebra as the public error.
pub fn numerical(error: symbias_numerics::Error) -> Error {
    Error::new(ErrorKind::Numerical, error.to_string())
}
