//! Derivatives of noise that a program pulls back, exactly: D(Jᵀc)\[v\] is a program too.
//!
//! Columns σ_k = s∇F_k of predictor noise give ½ Σ_k Dσ_k\[σ_k\] = ½s² Σ_k ∇²F_k∇F_k = ¼s² ∇tr JJᵀ; those of minibatch noise,
//! √(ηN/b)(∇L_k − mean), the same with theirs. It is what lies between the Itô and the Stratonovich drift (Kloeden and
//! Platen 1992, §4.9, (9.7)). One evaluation costs two runs for each column: outputs × samples, or samples.

use super::Shaker;
use crate::diffusion::resident::Resident;
use symbias_numerics::lanes::Real;

/// The program of D(σz)\[v\], and room for one column.
#[derive(Debug)]
pub(crate) struct Slope<'c, T> {
    program: Resident<'c, T>,
    /// A unit vector of noises × lanes, the column it gives, and the derivative of that along itself, both as x.
    room: [Vec<T>; 3],
}

impl<'c, T: Real> Slope<'c, T> {
    /// For so many noises.
    pub fn new(program: Resident<'c, T>, noises: usize, lanes: usize) -> Slope<'c, T> {
        let like_x = || vec![T::ZERO; program.len()];
        Slope {
            room: [vec![T::ZERO; noises * lanes], like_x(), like_x()],
            program,
        }
    }

    /// The derivative along v of what the cotangent c pulls back to.
    pub fn along(&mut self, x: &[T], v: &[T], c: &[T], into: &mut [T]) {
        self.program.put_cotangent(c);
        self.program.put_direction(v);
        self.program.run(x);
        self.program.result(0, into);
    }
}

/// ½ Σ_k Dσ_k\[σ_k\], column by column; NaN without a program, which no scheme asks for.
pub(crate) fn sum_over_columns<T: Real>(
    shaker: &mut Shaker<'_, T>,
    x: &[T],
    lanes: usize,
    into: &mut [T],
) {
    let Some(slope) = shaker.slope() else {
        into.fill(T::NAN);
        return;
    };
    // Moved out and back: an empty vector allocates nothing.
    let [mut unit, mut column, mut derivative] = std::mem::take(&mut slope.room);
    into.fill(T::ZERO);
    let half = T::from_f64(0.5);
    for k in 0..unit.len() / lanes {
        unit.fill(T::ZERO);
        unit[k * lanes..(k + 1) * lanes].fill(T::ONE);
        shaker.noise(x, &unit, lanes, &mut column);
        shaker.along(x, &column, &unit, lanes, &mut derivative);
        for (sum, own) in into.iter_mut().zip(&derivative) {
            *sum += half * *own;
        }
    }
    if let Some(slope) = shaker.slope() {
        slope.room = [unit, column, derivative];
    }
}
