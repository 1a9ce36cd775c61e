//! Points of the balanced slice {μ_a(θ) = 0, a ∈ 𝔭}: tangent directions, and the way back to it.
//!
//! ∇μ_a = ξ_a, and μ_a(θ) = ½(⟨θ, ξ_a(θ)⟩ + ⟨b_a, θ⟩) for ξ_a = A_aθ + b_a.

use super::volume::{cholesky, dot, products, solve, solve_cholesky, values};
use symbias_geometry::field::AffineField;

/// Newton's steps for one projection; it converges quadratically or not at all.
const STEPS: usize = 12;
/// Distance from the slice, relative to the size of θ, at which a point lies on it.
const ON_SLICE: f64 = 1e-12;

/// A point with the normals of the slice there.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub theta: Vec<f64>,
    /// ξ_a(θ), p rows of d numbers.
    pub normals: Vec<f64>,
    /// Cholesky's factor of Γ_𝔭.
    gram: Vec<f64>,
    /// ½ log det Γ_𝔭.
    pub log_volume: f64,
    /// Log density of the law, up to a constant.
    pub log_target: f64,
}

/// Room for one projection.
#[derive(Clone, Debug)]
pub(super) struct Room {
    charges: Vec<f64>,
    jacobian: Vec<f64>,
}

impl Room {
    pub(super) fn new(p: usize) -> Room {
        Room {
            charges: vec![0.0; p],
            jacobian: vec![0.0; p * p],
        }
    }
}

impl Point {
    pub(super) fn new(p: usize, theta: Vec<f64>) -> Point {
        Point {
            normals: vec![0.0; p * theta.len()],
            gram: vec![0.0; p * p],
            log_volume: 0.0,
            log_target: f64::NEG_INFINITY,
            theta,
        }
    }

    /// Γ_𝔭 from the normals; false where they depend on each other.
    pub(super) fn factorise(&mut self) -> bool {
        let p = self.gram.len().isqrt();
        products(
            &self.normals,
            &self.normals,
            self.theta.len(),
            &mut self.gram,
        );
        match cholesky(&mut self.gram, p) {
            Some(log) => {
                self.log_volume = log;
                true
            }
            None => false,
        }
    }

    /// Takes the normal part off v.
    pub(super) fn make_tangent(&self, v: &mut [f64], room: &mut Room) {
        let rows = || self.normals.chunks_exact(self.theta.len());
        for (c, row) in room.charges.iter_mut().zip(rows()) {
            *c = dot(row, v);
        }
        solve_cholesky(&self.gram, &mut room.charges);
        for (c, row) in room.charges.iter().zip(rows()) {
            v.iter_mut().zip(row).for_each(|(v, x)| *v -= c * x);
        }
    }

    /// Moves `at` along the normals of this point until it lies on the slice, and leaves its own normals in `normals`;
    /// false where Newton's steps do not get there.
    pub(super) fn project(
        &self,
        fields: &[AffineField],
        at: &mut [f64],
        normals: &mut [f64],
        room: &mut Room,
    ) -> bool {
        let d = at.len();
        let size = dot(&self.theta, &self.theta).sqrt();
        for step in 0..=STEPS {
            values(fields, at, normals);
            let mut near = true;
            for (a, field) in fields.iter().enumerate() {
                let linear: f64 = field.constant.iter().map(|(i, x)| x * at[*i]).sum();
                let charge = (dot(at, &normals[a * d..(a + 1) * d]) + linear) / 2.0;
                let own = &self.normals[a * d..(a + 1) * d];
                // Written so that NaN is not near.
                near &= charge.abs() <= ON_SLICE * size * dot(own, own).sqrt();
                room.charges[a] = -charge;
            }
            if near {
                return true;
            }
            if step == STEPS {
                break;
            }
            products(normals, &self.normals, d, &mut room.jacobian);
            if !solve(&mut room.jacobian, &mut room.charges) {
                return false;
            }
            for (c, row) in room.charges.iter().zip(self.normals.chunks_exact(d)) {
                at.iter_mut().zip(row).for_each(|(t, x)| *t += c * x);
            }
        }
        false
    }
}
