//! An independent judge of small models: rank of J, all affine fields, their orbit and charges, from nothing but rows of J.
//!
//! The row space R(θ) of J is taken over many inputs at each of many points. V = {b : J b = 0 at all points} is divided out;
//! then {(A, b) : J(θ)(Aθ + b) = 0 at all points} is the null space of all r ⊗ (θ, 1), r ∈ R(θ), over *all* d(d+1) unknowns.
//! What float64 leaves open is decided in twice the digits ([`double`]), and what is still open makes the answer unsure.
//! Nothing here is the code that it judges.

mod double;
mod linear;

use double::Double;
use linear::{Rows, Spectrum, dot, eliminate, norm, orthonormal, spectrum};
use symbias_model::Model;
use symbias_model::data;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, Inputs, Scalar, ScalarProgram};
use symbias_numerics::random::Stream;

/// What the oracle knows of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    pub parameters: u64,
    pub rank: u64,
    pub orbit: u64,
    /// Affine fields modulo functions times constant symmetries.
    pub dimension: u64,
    pub charges: u64,
    /// Whether every decision had a gap, and fresh points agree.
    pub sure: bool,
}

/// Factors of random inputs: kinks that biases hold far out are met, and functions that are nearly polynomial near 0 show what they are.
const SCALES: [f64; 6] = [1.0, 0.3, 3.0, 10.0, 1.0, 30.0];
/// Draws of integer inputs, each its own program.
const DRAWS: u64 = 60;
/// Values below this part of the largest are zero in float64, if they are also below [`NOISE`].
const SMALL: f64 = 1e-9;
const NOISE: f64 = 1e-12;
/// Points of a function of pieces, and how many must have the largest rank.
const PIECES: usize = 240;
const OFTEN: usize = 8;
/// An equation that says less than this part of the strongest says nothing that is sure.
const WEAK: f64 = 1e-6;
/// Gaps under which an answer is not sure.
const GAP: f64 = 1e4;

struct Oracle {
    model: Model,
    programs: Vec<(ScalarProgram, Vec<f64>)>,
    stream: Stream,
    seed: u64,
    probe: u64,
    piecewise: bool,
    sure: bool,
}

/// What is true of a model, if it is small enough to be known and has points where it is finite.
pub fn truth(source: &SourceFile, seed: u64) -> Option<Truth> {
    let model = source.check(Copies::All).ok()?;
    let constants = Arrays::new(&model, &data::constants(&model).ok()?).ok()?;
    let indices = |k| Inputs::random(&model, seed, k);
    let draws = if indices(0).indices.is_empty() {
        1
    } else {
        DRAWS
    };
    let programs: Option<Vec<_>> = (0..draws)
        .map(|k| {
            let inputs = indices(k);
            let program = ScalarProgram::lower(&model, &constants.with(&inputs)).ok()?;
            Some((program, inputs.flat))
        })
        .collect();
    let programs = programs?;
    let piecewise = programs[0].0.is_piecewise();
    let oracle = Oracle {
        model,
        programs,
        stream: Stream::new(seed, 0, 977),
        seed,
        probe: 0,
        piecewise,
        sure: true,
    };
    oracle.solve()
}

impl Oracle {
    fn d(&self) -> usize {
        self.programs[0].0.parameters()
    }

    /// Rows of J at `count` fresh inputs, those that are finite.
    fn rows<S: Scalar>(&mut self, theta: &[S], count: usize) -> Vec<Vec<S>> {
        let mut found = Vec::new();
        let count = if self.programs[0].0.inputs() == 0 {
            self.programs.len()
        } else {
            count
        };
        for _ in 0..count {
            self.probe += 1;
            let scale = SCALES[self.probe as usize % SCALES.len()];
            let (program, _) = &self.programs[self.probe as usize % self.programs.len()];
            let flat = Inputs::random(&self.model, self.seed ^ 0xabcd, self.probe).flat;
            let x: Vec<S> = flat.iter().map(|x| theta[0].constant(x * scale)).collect();
            let Some(rows) = program.jacobian(theta, &x) else {
                continue;
            };
            if rows.iter().flatten().all(|e| e.shadow().is_finite()) {
                found.extend(rows);
            }
        }
        found
    }

    /// A random point where J is finite.
    fn point(&mut self) -> Option<Vec<f64>> {
        for attempt in 0..200 {
            let mut theta: Vec<f64> = (0..self.d()).map(|_| self.stream.next_normal()).collect();
            if attempt >= 100 {
                theta.iter_mut().for_each(|t| *t = t.abs());
            }
            if !self.rows(&theta, 2).is_empty() {
                return Some(theta);
            }
        }
        None
    }

    /// Inputs whose rows are three times as many as parameters.
    fn probes(&self) -> usize {
        3 * self.d() / self.programs[0].0.outputs().max(1) + 4
    }

    /// The row space at a point, orthonormal: in float64, or in twice the digits where that is not clear.
    fn space(&mut self, theta: &[f64], expected: usize) -> Option<Rows> {
        let d = self.d();
        let mut rows = self.rows(theta, self.probes());
        let top = rows.iter().map(|r| norm(r)).fold(0.0, f64::max);
        rows.retain(|r| norm(r) > 1e-6 * top);
        for row in &mut rows {
            let size = norm(row);
            row.iter_mut().for_each(|x| *x /= size);
        }
        if rows.is_empty() {
            return Some(vec![]);
        }
        let found = spectrum(&rows, d)?;
        let rank = found.rank(SMALL);
        let clean = found
            .values
            .get(rank)
            .is_none_or(|s| *s < NOISE * found.values[0]);
        let strong = found.values[rank - 1] > 1e-7 * found.values[0];
        if clean && (rank == expected || (self.piecewise && strong && rank < expected)) {
            return Some(found.vectors[..rank].to_vec());
        }
        Some(orthonormal(self.digits(theta, 1)?.rows))
    }

    /// The row space in twice the digits, over `times` the inputs that are needed.
    fn digits(&mut self, theta: &[f64], times: usize) -> Option<linear::Eliminated> {
        let d = self.d();
        let theta: Vec<Double> = theta.iter().copied().map(Double::of).collect();
        let count = ((d + 6) / self.programs[0].0.outputs().max(1) + 2) * times;
        let mut rows = self.rows(&theta, count);
        rows.retain(|r| r.iter().all(|x| x.is_finite()));
        let found = eliminate(rows, d);
        self.sure &= found.gap > GAP;
        Some(found)
    }

    /// The largest rank at a few points, in twice the digits.
    fn rank(&mut self) -> Option<usize> {
        let mut points = Vec::new();
        for _ in 0..if self.piecewise { PIECES } else { 3 } {
            let theta = self.point()?;
            let rows = self.rows(&theta, self.probes());
            let rank = spectrum(&rows, self.d())?.rank(SMALL);
            points.push((rank, theta));
        }
        points.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        // A rank that few points have may be exceeded at others.
        let seen = points.iter().take_while(|p| p.0 == points[0].0).count();
        self.sure &= !self.piecewise || seen >= OFTEN;
        let mut best = 0;
        for (_, theta) in points.iter().take(2) {
            best = best.max(self.digits(theta, if self.piecewise { 3 } else { 2 })?.rank);
        }
        Some(best)
    }

    fn solve(mut self) -> Option<Truth> {
        let d = self.d();
        let rank = self.rank()?;
        let mut spaces = Vec::new();
        let unknowns = d * (d + 1);
        let share = if self.piecewise { 1.7 } else { 1.3 };
        let needed = (share * unknowns as f64) as usize + 20;
        self.fill(&mut spaces, needed, rank)?;
        let stack: Rows = spaces.iter().flat_map(|(_, q)| q.clone()).collect();
        let found = spectrum(&stack, d)?;
        let moved = found.rank(1e-8);
        self.sure &= moved == d || found.gap(moved) > GAP;
        let basis = &found.vectors[..moved];
        let fields = self.fields(&spaces, basis)?;
        self.fresh(&fields, basis, rank)?;
        let (orbit, gap) = self.orbit(&fields, basis)?;
        self.sure &= gap > GAP && d - moved + orbit <= d - rank;
        let (skew, gap) = skew(&fields, moved)?;
        self.sure &= gap > GAP;
        let constant = (d - moved) as u64;
        Some(Truth {
            parameters: d as u64,
            rank: rank as u64,
            orbit: constant + orbit as u64,
            dimension: constant + fields.len() as u64,
            charges: constant + (fields.len() - skew) as u64,
            sure: self.sure,
        })
    }

    /// Row spaces at points until their rows are as many as asked.
    fn fill(&mut self, spaces: &mut Vec<(Vec<f64>, Rows)>, rows: usize, rank: usize) -> Option<()> {
        let mut have = 0;
        let mut tries = 0;
        while rank > 0 && (have < rows || spaces.len() < 8) && tries < 5000 {
            tries += 1;
            let theta = self.point()?;
            let q = self.space(&theta, rank)?;
            self.sure &= q.len() <= rank;
            have += q.len();
            spaces.push((theta, q));
        }
        Some(())
    }

    /// The fields as rows of A beside b, over the coordinates of `basis`.
    fn fields(&mut self, spaces: &[(Vec<f64>, Rows)], basis: &[Vec<f64>]) -> Option<Rows> {
        let n = basis.len();
        let mut rows = Vec::new();
        for (theta, q) in spaces {
            let mut x = coordinates(basis, theta);
            x.push(1.0);
            let size = norm(&x);
            for r in q {
                let w = coordinates(basis, r);
                rows.push(
                    w.iter()
                        .flat_map(|w| x.iter().map(move |x| w * x / size))
                        .collect(),
                );
            }
        }
        let found = spectrum(&rows, n * (n + 1))?;
        let rank = found.rank(1e-8);
        self.sure &= rank == found.values.len() || found.gap(rank) > GAP;
        // What is small and not 0 may be the rounding of an equation near a cancellation.
        self.sure &= rank == 0 || found.values[rank - 1] > WEAK * found.values[0];
        Some(found.vectors[rank..].to_vec())
    }

    /// At fresh points the fields still move nothing.
    fn fresh(&mut self, fields: &[Vec<f64>], basis: &[Vec<f64>], rank: usize) -> Option<()> {
        for _ in 0..4 {
            let theta = self.point()?;
            let q = self.space(&theta, rank)?;
            let x = coordinates(basis, &theta);
            let size = 1.0 + norm(&x);
            for field in fields {
                let v = value(field, &x);
                let largest = q
                    .iter()
                    .map(|r| dot(&coordinates(basis, r), &v).abs())
                    .fold(0.0, f64::max);
                self.sure &= largest < 1e-6 * size;
            }
        }
        Some(())
    }

    /// The largest number of independent values of the fields at a point.
    fn orbit(&mut self, fields: &[Vec<f64>], basis: &[Vec<f64>]) -> Option<(usize, f64)> {
        let mut best = (0, 1e16);
        if fields.is_empty() {
            return Some(best);
        }
        for _ in 0..3 {
            let theta = self.point()?;
            let x = coordinates(basis, &theta);
            let values: Rows = fields.iter().map(|f| value(f, &x)).collect();
            let found = spectrum(&values, basis.len())?;
            let rank = found.rank(1e-7);
            if rank > best.0 {
                best = (rank, gap(&found, rank));
            }
        }
        Some(best)
    }
}

fn gap(found: &Spectrum, rank: usize) -> f64 {
    if rank == found.values.len() {
        1e16
    } else {
        found.gap(rank)
    }
}

fn coordinates(basis: &[Vec<f64>], v: &[f64]) -> Vec<f64> {
    basis.iter().map(|b| dot(b, v)).collect()
}

/// Aθ + b.
fn value(field: &[f64], x: &[f64]) -> Vec<f64> {
    field
        .chunks(x.len() + 1)
        .map(|row| dot(&row[..x.len()], x) + row[x.len()])
        .collect()
}

/// How many independent antisymmetric parts the fields have: the rest combine to symmetric ones.
fn skew(fields: &[Vec<f64>], n: usize) -> Option<(usize, f64)> {
    let parts: Rows = fields
        .iter()
        .map(|f| {
            let entry = |i: usize, j: usize| f[i * (n + 1) + j];
            (0..n)
                .flat_map(|i| (0..i).map(move |j| (i, j)))
                .map(|(i, j)| entry(i, j) - entry(j, i))
                .collect()
        })
        .collect();
    if parts.is_empty() || n < 2 {
        return Some((0, 1e16));
    }
    // As columns: there may be many more entries than fields.
    let products: Rows = (0..parts[0].len())
        .map(|k| parts.iter().map(|p| p[k]).collect())
        .collect();
    let found = spectrum(&products, parts.len())?;
    let top = found.values[0];
    if top < 1e-7 {
        return Some((0, 1e16));
    }
    let rank = found.rank(1e-7);
    Some((rank, gap(&found, rank)))
}
