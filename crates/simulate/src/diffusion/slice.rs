//! Constrained Langevin on the slice μ = 0 (theory §5.2; \[C08\]): after a free step θ̃ from θ,
//! θ′ = θ̃ + Σ_a λ_a ξ_a(θ) with μ(θ′) = 0, by Newton's method on λ in each lane.
//!
//! ξ_a = ∇μ_a, so that θ̃ is moved along the normals of the slice at θ: as the step goes to 0 the surface measure
//! e^{−V/T} dσ is stationary; with the Fixman term in V it is e^{−L/T} det(Γ_𝔭)^{−1/2} dσ.

use super::orbit::{Frame, Group, get, groups, put, splat};
use symbias_geometry::field::AffineField;
use symbias_numerics::lanes::{LaneFloat, Lanes, Real, Simd, SimdMask, dispatch, level};

/// Newton steps at most; they converge quadratically from the free step, and a lane that has not converged never will
/// with this step.
const NEWTON: usize = 8;

/// Steps at most along the normals of the point that moves: towards a singular orbit they halve the distance only.
const NEAREST: usize = 64;

/// A charge counts as zero up to so many roundings of its terms.
const ZERO: f64 = 64.0;

#[derive(Clone, Debug)]
pub(super) struct Slice<T> {
    groups: Vec<Group<T>>,
    /// The frame at θ, and that of the point that moves.
    old: Frame<T>,
    new: Frame<T>,
    /// ⟨ξ_a(θ′), ξ_b(θ)⟩, eliminated in place.
    matrix: Vec<T>,
    lanes: usize,
}

impl<T: Real> Slice<T> {
    pub fn new(fields: &[AffineField], lanes: usize) -> Slice<T> {
        let groups = groups::<T>(fields);
        let n = groups.iter().map(Group::len).max().unwrap_or(0);
        Slice {
            old: Frame::new(&groups),
            new: Frame::new(&groups),
            matrix: vec![T::ZERO; n * n * T::VIRTUAL_LANES],
            groups,
            lanes,
        }
    }

    /// Moves x to the slice along the normals at `from`. Replicas that do not get there become NaN: they are lost.
    pub fn project(&mut self, from: &[T], x: &mut [T]) {
        dispatch!(level(), simd => self.projected(simd, from, x));
    }

    #[inline(always)]
    fn projected<S: Simd>(&mut self, simd: S, from: &[T], x: &mut [T]) {
        let per = self.lanes / T::VIRTUAL_LANES;
        let (old, new) = (&mut self.old, &mut self.new);
        let tolerance = T::from_f64(ZERO) * T::EPSILON;
        for group in &self.groups {
            let (n, p) = (group.len(), group.places.len());
            for v in 0..per {
                old.gather(simd, group, from, self.lanes, v);
                old.values(simd, group);
                new.gather(simd, group, x, self.lanes, v);
                let mut size = splat::<S, T>(simd, T::ZERO);
                for k in 0..p {
                    let (a, b) = (get::<S, T>(simd, &old.x, k), get::<S, T>(simd, &new.x, k));
                    size = a.fma(a, b.fma(b, size));
                }
                let least = size * tolerance;
                let mut reached = splat::<S, T>(simd, T::ZERO).eq(splat(simd, T::ONE));
                for _ in 0..NEWTON {
                    reached = largest_charge(simd, group, new).le(least);
                    if reached.all_true() {
                        break;
                    }
                    new.values(simd, group);
                    for a in 0..n {
                        for b in 0..n {
                            let mut sum = splat::<S, T>(simd, T::ZERO);
                            for k in 0..p {
                                let y = get::<S, T>(simd, &new.xi, a * p + k);
                                sum = y.fma(get::<S, T>(simd, &old.xi, b * p + k), sum);
                            }
                            put::<S, T>(sum, &mut self.matrix, a * n + b);
                        }
                    }
                    eliminate::<S, T>(simd, n, &mut self.matrix, &mut new.c);
                    for k in 0..p {
                        let mut at = get::<S, T>(simd, &new.x, k);
                        for b in 0..n {
                            let y = get::<S, T>(simd, &old.xi, b * p + k);
                            at = y.fnma(get::<S, T>(simd, &new.c, b), at);
                        }
                        let stay = get::<S, T>(simd, &new.x, k);
                        // A lane that is there stays, so that it does not depend on its neighbours.
                        put::<S, T>(T::Lanes::<S>::select(reached, stay, at), &mut new.x, k);
                    }
                }
                if !reached.all_true() {
                    reached = nearest(simd, group, new, (x, self.lanes, v), least, reached);
                }
                let nan = splat::<S, T>(simd, T::NAN);
                for (k, place) in group.places.iter().enumerate() {
                    let there = get::<S, T>(simd, &new.x, k);
                    let there = T::Lanes::<S>::select(reached, there, nan);
                    put::<S, T>(there, x, place * per + v);
                }
            }
        }
    }
}

/// The largest |μ_a| at the point of a frame, which keeps all of them in `c`.
#[inline(always)]
fn largest_charge<S: Simd, T: Real>(simd: S, group: &Group<T>, at: &mut Frame<T>) -> Lanes<S, T> {
    at.charges(simd, group);
    let mut largest = splat::<S, T>(simd, T::ZERO);
    for a in 0..group.len() {
        largest = largest.max(get::<S, T>(simd, &at.c, a).abs());
    }
    largest
}

/// For lanes that the normals at θ do not bring back: x ← x − Σ_ab ξ_a(x) Γ⁺_ab μ_b(x) from the free step, the normals at
/// the point that moves. Both are consistent with the same process (\[C08\]); where orbits are singular the normals at θ
/// depend on each other within a step, and these need not.
#[inline(always)]
fn nearest<S: Simd, T: Real>(
    simd: S,
    group: &Group<T>,
    at: &mut Frame<T>,
    (x, lanes, v): (&[T], usize, usize),
    least: Lanes<S, T>,
    before: <Lanes<S, T> as LaneFloat<S>>::Mask,
) -> <Lanes<S, T> as LaneFloat<S>>::Mask {
    let (n, per) = (group.len(), lanes / T::VIRTUAL_LANES);
    for (k, place) in group.places.iter().enumerate() {
        let there = get::<S, T>(simd, &at.x, k);
        let free = get::<S, T>(simd, x, place * per + v);
        put::<S, T>(T::Lanes::<S>::select(before, there, free), &mut at.x, k);
    }
    let mut reached = before;
    for _ in 0..NEAREST {
        reached = largest_charge(simd, group, at).le(least);
        if reached.all_true() {
            break;
        }
        at.values(simd, group);
        at.factor(simd, group);
        at.solve(simd, n);
        for k in 0..group.places.len() {
            let stay = get::<S, T>(simd, &at.x, k);
            let mut moved = stay;
            for a in 0..n {
                let y = get::<S, T>(simd, &at.xi, a * group.places.len() + k);
                moved = y.fnma(get::<S, T>(simd, &at.c, a), moved);
            }
            put::<S, T>(T::Lanes::<S>::select(reached, stay, moved), &mut at.x, k);
        }
    }
    reached
}

/// c ← M⁻¹c without pivoting: M is near Γ, which is positive. Where a pivot is 0 the field vanishes, and λ is 0.
#[inline(always)]
fn eliminate<S: Simd, T: Real>(simd: S, n: usize, m: &mut [T], c: &mut [T]) {
    let zero = splat::<S, T>(simd, T::ZERO);
    let one = splat::<S, T>(simd, T::ONE);
    for j in 0..n {
        let pivot = get::<S, T>(simd, m, j * n + j);
        let inverse = T::Lanes::<S>::select(pivot.eq(zero), zero, one / pivot);
        for i in 0..n {
            if i == j {
                continue;
            }
            let factor = get::<S, T>(simd, m, i * n + j) * inverse;
            for k in j + 1..n {
                let x = get::<S, T>(simd, m, i * n + k);
                let x = factor.fnma(get::<S, T>(simd, m, j * n + k), x);
                put::<S, T>(x, m, i * n + k);
            }
            let x = factor.fnma(get::<S, T>(simd, c, j), get::<S, T>(simd, c, i));
            put::<S, T>(x, c, i);
        }
        put::<S, T>(inverse, m, j * n + j);
    }
    for j in 0..n {
        let x = get::<S, T>(simd, c, j) * get::<S, T>(simd, m, j * n + j);
        put::<S, T>(x, c, j);
    }
}
