//! A first minimum of a penalty that is not convex: by a penalty that becomes it.
//!
//! On the leaf of charges c of a product of D factors, one of them smaller than the others, training minimises ℓ + λR_c with
//! R_c′ = D w / K_c(w) (dθ = Jᵀds along the orbit's normal, ⟨θ, Jᵀ⟩ = D w by homogeneity), and K_c(0) = c^{D−1} > 0: for |w| below
//! ε = c^{D/2} it is a square, beyond it is |w|^{2/D}. K_c increases in |w|, so that D/K_c is the weight of iteratively reweighted
//! least squares, (w² + ε²)^{1/D − 1} up to a factor near 1, and charges that fall are the graduated scheme of Chartrand and Yin
//! (2008). Decay alone lets charges fall as e^{−2λt}, as fast as weights come to rest; moves along the orbit hold them
//! (theory §7.1).

use super::solve::{Effort, Solver};
use symbias_model::error::Result;

/// The first charge C over that of a first move (a quarter of the balanced square at the size of the components). Squares differ by
/// c = 2C, so that ε is 2^{D/2} times the size of the components at first; half of it finds as much.
const FIRST: f64 = 4.0;
/// What the last charge is of it: ε falls by 10⁻³ with four factors.
const LAST: f64 = 0.03;

impl Solver<'_> {
    /// θ at the end of charges that fall, from this θ.
    ///
    /// # Errors
    /// Components that a part does not reach.
    pub(super) fn graduated(
        &mut self,
        theta: &[f64],
        lambda: f64,
        effort: Effort,
    ) -> Result<Vec<f64>> {
        let mut theta = theta.to_vec();
        let stage = Effort {
            steps: effort.stage,
            slope: 0.0,
            decrease: 0.0,
            ..effort
        };
        for k in 0..effort.stages {
            let share = FIRST * LAST.powf(k as f64 / (effort.stages.max(2) - 1) as f64);
            let z = self.z(&theta);
            theta = self.charged(&theta, &z, share)?;
            self.descend(&mut theta, lambda, stage);
        }
        Ok(theta)
    }
}
