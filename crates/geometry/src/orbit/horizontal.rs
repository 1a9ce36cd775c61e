//! P_H at a point, apart from the fields that it was made from.

use super::frame::dot;
use symbias_numerics::dense::Matrix;

/// The projection onto what is orthogonal to an orbit at a point.
#[derive(Clone, Debug)]
pub struct Horizontal {
    /// Coordinates of a block, and an orthonormal basis of the tangent space over them, as columns.
    pub(super) blocks: Vec<(Vec<usize>, Matrix)>,
}

impl Horizontal {
    /// P_H v, length d.
    #[must_use]
    pub fn of(&self, v: &[f64]) -> Vec<f64> {
        let mut rest = v.to_vec();
        for (coords, tangent) in &self.blocks {
            let mut own: Vec<f64> = coords.iter().map(|i| v[*i]).collect();
            project(tangent, &mut own);
            coords.iter().zip(own).for_each(|(i, x)| rest[*i] = x);
        }
        rest
    }
}

/// Takes away what lies along the columns: twice, so that what is left there is rounding.
pub(super) fn project(tangent: &Matrix, own: &mut [f64]) {
    for _ in 0..2 {
        let mut along = vec![0.0; tangent.cols];
        for (i, x) in own.iter().enumerate() {
            let row = tangent.row(i);
            along.iter_mut().zip(row).for_each(|(c, t)| *c += t * x);
        }
        for (i, x) in own.iter_mut().enumerate() {
            *x -= dot(tangent.row(i), &along);
        }
    }
}
