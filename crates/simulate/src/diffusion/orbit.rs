//! Generators along lanes of replicas: Γ, P_H, S = ΞΓ⁺ and charges (theory §1, §2), a virtual vector at a time.
//!
//! Fields that share no entry of θ have no part of Γ in common, so that Γ is factored group by group: one pair of a
//! Hadamard product costs the same in a model of a hundred.

use symbias_geometry::field::AffineField;
use symbias_numerics::lanes::{LaneFloat, Lanes, Real, Simd};

/// A pivot of Γ below so many roundings of the square of its field is none: the field depends on those before it at this
/// point (a stabiliser), and is left out. What is left out and what is kept are both decided here.
const PIVOT: f64 = 64.0;

/// One affine field over the places of its group.
#[derive(Clone, Debug)]
struct Field<T> {
    /// (row, column, entry of A).
    linear: Vec<(usize, usize, T)>,
    /// (row, entry of b).
    constant: Vec<(usize, T)>,
}

/// Fields that share entries of θ.
#[derive(Clone, Debug)]
pub(crate) struct Group<T> {
    /// Entries of θ that they read or move.
    pub places: Vec<usize>,
    fields: Vec<Field<T>>,
}

impl<T: Real> Group<T> {
    /// Fields of it.
    pub fn len(&self) -> usize {
        self.fields.len()
    }
}

/// Fields in groups.
pub(crate) fn groups<T: Real>(fields: &[AffineField]) -> Vec<Group<T>> {
    let mut apart: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for (k, field) in fields.iter().enumerate() {
        let linear = field.linear.iter().flat_map(|(i, j, _)| [*i, *j]);
        let mut places: Vec<usize> = linear.chain(field.constant.iter().map(|c| c.0)).collect();
        let mut own = vec![k];
        apart.retain(|(p, f)| {
            let meets = p.iter().any(|i| places.contains(i));
            if meets {
                places.extend(p);
                own.extend(f);
            }
            !meets
        });
        places.sort_unstable();
        places.dedup();
        apart.push((places, own));
    }
    apart.sort();
    let local = |(places, mut own): (Vec<usize>, Vec<usize>)| {
        own.sort_unstable();
        let at = |i: &usize| places.partition_point(|p| p < i);
        let fields = own.iter().map(|k| Field {
            linear: fields[*k]
                .linear
                .iter()
                .map(|(i, j, x)| (at(i), at(j), T::from_f64(*x)))
                .collect(),
            constant: fields[*k]
                .constant
                .iter()
                .map(|(i, x)| (at(i), T::from_f64(*x)))
                .collect(),
        });
        Group {
            fields: fields.collect(),
            places,
        }
    };
    apart.into_iter().map(local).collect()
}

/// Working memory for any of some groups: arrays of virtual vectors.
#[derive(Clone, Debug)]
pub(crate) struct Frame<T> {
    /// θ at the places.
    pub x: Vec<T>,
    /// ξ_a, places by field.
    pub xi: Vec<T>,
    /// S_a, as ξ.
    pub dual: Vec<T>,
    /// Γ, then its factor below the diagonal, and the inverse of the factor's diagonal on it.
    gram: Vec<T>,
    /// One number per field.
    pub c: Vec<T>,
}

#[inline(always)]
pub(crate) fn get<S: Simd, T: Real>(simd: S, from: &[T], k: usize) -> Lanes<S, T> {
    let at = k * T::VIRTUAL_LANES;
    T::Lanes::<S>::load(simd, &from[at..at + T::VIRTUAL_LANES])
}

#[inline(always)]
pub(crate) fn put<S: Simd, T: Real>(x: Lanes<S, T>, into: &mut [T], k: usize) {
    let at = k * T::VIRTUAL_LANES;
    x.store(&mut into[at..at + T::VIRTUAL_LANES]);
}

#[inline(always)]
pub(crate) fn splat<S: Simd, T: Real>(simd: S, x: T) -> Lanes<S, T> {
    T::Lanes::<S>::splat(simd, x)
}

impl<T: Real> Frame<T> {
    /// Room for the largest of the groups.
    pub fn new(groups: &[Group<T>]) -> Frame<T> {
        let most = |f: fn(&Group<T>) -> usize| groups.iter().map(f).max().unwrap_or(0);
        let (n, both) = (most(Group::len), most(|g| g.len() * g.places.len()));
        let room = |k: usize| vec![T::ZERO; k * T::VIRTUAL_LANES];
        Frame {
            x: room(most(|g| g.places.len())),
            xi: room(both),
            dual: room(both),
            gram: room(n * n),
            c: room(n),
        }
    }

    /// θ at the places of a group: vector `v` of `lanes` replicas.
    #[inline(always)]
    pub fn gather<S: Simd>(
        &mut self,
        simd: S,
        group: &Group<T>,
        theta: &[T],
        lanes: usize,
        v: usize,
    ) {
        let per = lanes / T::VIRTUAL_LANES;
        for (k, place) in group.places.iter().enumerate() {
            put::<S, T>(get(simd, theta, place * per + v), &mut self.x, k);
        }
    }

    /// ξ_a at the point gathered.
    #[inline(always)]
    pub fn values<S: Simd>(&mut self, simd: S, group: &Group<T>) {
        let p = group.places.len();
        self.xi[..group.len() * p * T::VIRTUAL_LANES].fill(T::ZERO);
        for (a, field) in group.fields.iter().enumerate() {
            for (i, j, c) in &field.linear {
                let old = get::<S, T>(simd, &self.xi, a * p + i);
                let x = get::<S, T>(simd, &self.x, *j);
                put::<S, T>(x.fma(splat(simd, *c), old), &mut self.xi, a * p + i);
            }
            for (i, c) in &field.constant {
                let old = get::<S, T>(simd, &self.xi, a * p + i);
                put::<S, T>(old + *c, &mut self.xi, a * p + i);
            }
        }
    }

    /// Γ and its Cholesky factor, pivots that are none skipped.
    #[inline(always)]
    pub fn factor<S: Simd>(&mut self, simd: S, group: &Group<T>) {
        let (n, p) = (group.len(), group.places.len());
        let zero = splat::<S, T>(simd, T::ZERO);
        let least = T::from_f64(PIVOT) * T::EPSILON;
        for i in 0..n {
            for j in 0..=i {
                let mut sum = zero;
                for k in 0..p {
                    let x = get::<S, T>(simd, &self.xi, i * p + k);
                    sum = x.fma(get::<S, T>(simd, &self.xi, j * p + k), sum);
                }
                let whole = sum;
                for k in 0..j {
                    let x = get::<S, T>(simd, &self.gram, i * n + k);
                    sum = x.fnma(get::<S, T>(simd, &self.gram, j * n + k), sum);
                }
                let entry = if i == j {
                    let kept = sum.gt(whole * least);
                    let one = splat::<S, T>(simd, T::ONE);
                    T::Lanes::<S>::select(kept, one / sum.sqrt(), zero)
                } else {
                    sum * get::<S, T>(simd, &self.gram, j * n + j)
                };
                put::<S, T>(entry, &mut self.gram, i * n + j);
            }
        }
    }

    /// c ← Γ⁺c, on the fields kept.
    #[inline(always)]
    pub fn solve<S: Simd>(&mut self, simd: S, n: usize) {
        for j in 0..n {
            let mut sum = get::<S, T>(simd, &self.c, j);
            for k in 0..j {
                let x = get::<S, T>(simd, &self.gram, j * n + k);
                sum = x.fnma(get::<S, T>(simd, &self.c, k), sum);
            }
            put::<S, T>(
                sum * get::<S, T>(simd, &self.gram, j * n + j),
                &mut self.c,
                j,
            );
        }
        for j in (0..n).rev() {
            let mut sum = get::<S, T>(simd, &self.c, j);
            for i in j + 1..n {
                let x = get::<S, T>(simd, &self.gram, i * n + j);
                sum = x.fnma(get::<S, T>(simd, &self.c, i), sum);
            }
            put::<S, T>(
                sum * get::<S, T>(simd, &self.gram, j * n + j),
                &mut self.c,
                j,
            );
        }
    }

    /// v ← P_H v for a vector at the places of the group, in place.
    #[inline(always)]
    pub fn horizontal<S: Simd>(&mut self, simd: S, group: &Group<T>, v: &mut [T]) {
        let (n, p) = (group.len(), group.places.len());
        for a in 0..n {
            let mut sum = splat::<S, T>(simd, T::ZERO);
            for k in 0..p {
                sum = get::<S, T>(simd, &self.xi, a * p + k).fma(get::<S, T>(simd, v, k), sum);
            }
            put::<S, T>(sum, &mut self.c, a);
        }
        self.solve(simd, n);
        for k in 0..p {
            let mut rest = get::<S, T>(simd, v, k);
            for a in 0..n {
                let x = get::<S, T>(simd, &self.xi, a * p + k);
                rest = x.fnma(get::<S, T>(simd, &self.c, a), rest);
            }
            put::<S, T>(rest, v, k);
        }
    }

    /// S_a = Σ_b Γ⁺_ab ξ_b.
    #[inline(always)]
    pub fn duals<S: Simd>(&mut self, simd: S, group: &Group<T>) {
        let (n, p) = (group.len(), group.places.len());
        for k in 0..p {
            for a in 0..n {
                put::<S, T>(get::<S, T>(simd, &self.xi, a * p + k), &mut self.c, a);
            }
            self.solve(simd, n);
            for a in 0..n {
                put::<S, T>(get::<S, T>(simd, &self.c, a), &mut self.dual, a * p + k);
            }
        }
    }

    /// c_a ← tr(A_a P_H) = tr A_a − Σ_b S_bᵀ A_a ξ_b.
    #[inline(always)]
    pub fn traces<S: Simd>(&mut self, simd: S, group: &Group<T>) {
        let (n, p) = (group.len(), group.places.len());
        for (a, field) in group.fields.iter().enumerate() {
            let mut sum = splat::<S, T>(simd, T::ZERO);
            for (i, j, c) in &field.linear {
                let mut rest = splat::<S, T>(simd, if i == j { T::ONE } else { T::ZERO });
                for b in 0..n {
                    let s = get::<S, T>(simd, &self.dual, b * p + i);
                    rest = s.fnma(get::<S, T>(simd, &self.xi, b * p + j), rest);
                }
                sum = rest.fma(splat(simd, *c), sum);
            }
            put::<S, T>(sum, &mut self.c, a);
        }
    }

    /// v += weight · Σ_a A_aᵀ S_a = weight · ∇ ½ log det Γ, at the places.
    #[inline(always)]
    pub fn log_volume_gradient<S: Simd>(&self, simd: S, group: &Group<T>, weight: T, v: &mut [T]) {
        let p = group.places.len();
        for (a, field) in group.fields.iter().enumerate() {
            for (i, j, c) in &field.linear {
                let s = get::<S, T>(simd, &self.dual, a * p + i);
                put::<S, T>(
                    s.fma(splat(simd, weight * *c), get::<S, T>(simd, v, *j)),
                    v,
                    *j,
                );
            }
        }
    }

    /// c_a ← μ_a = ½ θᵀA_aθ + ⟨b_a, θ⟩ of symmetric fields, at the point gathered.
    #[inline(always)]
    pub fn charges<S: Simd>(&mut self, simd: S, group: &Group<T>) {
        let half = T::from_f64(0.5);
        for (a, field) in group.fields.iter().enumerate() {
            let mut sum = splat::<S, T>(simd, T::ZERO);
            for (i, j, c) in &field.linear {
                let (x, y) = (
                    get::<S, T>(simd, &self.x, *i),
                    get::<S, T>(simd, &self.x, *j),
                );
                sum = (x * (half * *c)).fma(y, sum);
            }
            for (i, c) in &field.constant {
                sum = get::<S, T>(simd, &self.x, *i).fma(splat(simd, *c), sum);
            }
            put::<S, T>(sum, &mut self.c, a);
        }
    }
}
