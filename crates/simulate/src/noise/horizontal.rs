//! Horizontal noise √(2T) P_H(θ) dW in the Itô sense: C = 2T·P_H (theory §5.3; \[M26\]).
//!
//! P_H z = z − ΞΓ⁺Ξᵀz. Its columns move with θ. From dP_V = P_H(Dξ_a)S_aᵀ + transposed, with Dξ_a\[v\] = A_a v and
//! P_H S_a = 0, only one of the two terms is left in the sum over columns:
//! ½ Σ_k Dσ_k\[σ_k\] = T Σ_k DP_H\[P_H e_k\] e_k = −T Σ_a S_a tr(A_a P_H), S = ΞΓ⁺: vertical, and the reason why the
//! charges' drift is T tr(A P_H) in the Itô sense and none in the other.

use crate::diffusion::orbit::{Frame, Group, get, groups, put, splat};
use symbias_geometry::field::AffineField;
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// P_H along lanes.
#[derive(Clone, Debug)]
pub(crate) struct Projector<T> {
    groups: Vec<Group<T>>,
    frame: Frame<T>,
    /// A vector at the places of a group.
    own: Vec<T>,
    /// √(2T).
    amplitude: f64,
    lanes: usize,
}

impl<T: Real> Projector<T> {
    /// √(2T) P_H, P_H of generators of all of 𝔤: compact ones too.
    pub fn new(amplitude: f64, fields: &[AffineField], lanes: usize) -> Projector<T> {
        let groups = groups(fields);
        let most = groups.iter().map(|g| g.places.len()).max().unwrap_or(0);
        Projector {
            frame: Frame::new(&groups),
            own: vec![T::ZERO; most * T::VIRTUAL_LANES],
            amplitude,
            groups,
            lanes,
        }
    }

    pub fn noise(&mut self, x: &[T], z: &[T], into: &mut [T]) {
        dispatch!(level(), simd => self.projected(simd, x, z, into));
    }

    pub fn correction(&mut self, x: &[T], into: &mut [T]) {
        dispatch!(level(), simd => self.corrected(simd, x, into));
    }

    #[inline(always)]
    fn projected<S: Simd>(&mut self, simd: S, x: &[T], z: &[T], into: &mut [T]) {
        let scale = splat::<S, T>(simd, T::from_f64(self.amplitude));
        let per = self.lanes / T::VIRTUAL_LANES;
        for k in 0..into.len() / T::VIRTUAL_LANES {
            put::<S, T>(get::<S, T>(simd, z, k) * scale, into, k);
        }
        for group in &self.groups {
            for v in 0..per {
                self.frame.gather(simd, group, x, self.lanes, v);
                self.frame.values(simd, group);
                self.frame.factor(simd, group);
                for (k, place) in group.places.iter().enumerate() {
                    put::<S, T>(get(simd, into, place * per + v), &mut self.own, k);
                }
                self.frame.horizontal(simd, group, &mut self.own);
                for (k, place) in group.places.iter().enumerate() {
                    put::<S, T>(get(simd, &self.own, k), into, place * per + v);
                }
            }
        }
    }

    #[inline(always)]
    fn corrected<S: Simd>(&mut self, simd: S, x: &[T], into: &mut [T]) {
        let per = self.lanes / T::VIRTUAL_LANES;
        let minus = splat::<S, T>(simd, T::from_f64(-self.amplitude * self.amplitude / 2.0));
        into.fill(T::ZERO);
        for group in &self.groups {
            for v in 0..per {
                self.frame.gather(simd, group, x, self.lanes, v);
                self.frame.values(simd, group);
                self.frame.factor(simd, group);
                self.frame.duals(simd, group);
                self.frame.traces(simd, group);
                let p = group.places.len();
                for (k, place) in group.places.iter().enumerate() {
                    let mut sum = splat::<S, T>(simd, T::ZERO);
                    for a in 0..group.len() {
                        let s = get::<S, T>(simd, &self.frame.dual, a * p + k);
                        sum = s.fma(get::<S, T>(simd, &self.frame.c, a), sum);
                    }
                    put::<S, T>(sum * minus, into, place * per + v);
                }
            }
        }
    }
}
