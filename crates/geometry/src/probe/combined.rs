//! Rows of J of a probe with many outputs: so many random combinations of them as a rank needs.
//!
//! In most combinations each output has a few places, so that they cost together few passes backwards through a program
//! whose outputs share little. A few more are of all outputs: what is missing in the span of the others, such a one
//! shows, whatever J is.

use super::{COMBINATIONS, Probes, measured, normals};
use symbias_model::error::Result;
use symbias_model::scalar::{Exact, Measured, Pullback, Scalar};
use symbias_numerics::field::Fp;
use symbias_numerics::random::Stream;

/// Combinations that each output enters.
const SPREAD: usize = 8;
/// Combinations of all outputs, the last ones.
pub const WHOLE: usize = 8;

impl Probes<'_> {
    /// Visits the rows of J for one probe, or `most` random combinations of them where it has more (the last [`WHOLE`]
    /// of all of them), exactly; none where a denominator vanishes.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn exact_rows_up_to(
        &self,
        theta: &[Exact],
        probe: u64,
        most: usize,
        visit: &mut dyn FnMut(Vec<Exact>),
    ) -> Result<()> {
        let (program, x) = self.exact_program(probe)?;
        if let Some(point) = program.pullback(theta, &x) {
            let weights = |stream: &mut Stream, count| {
                let weight = |_| Exact {
                    residue: Fp::new(stream.next_u64() >> 3),
                    shadow: 1.0,
                };
                (0..count).map(weight).collect()
            };
            self.each_row(point, probe, most, weights, visit);
        }
        Ok(())
    }

    /// Visits the rows of J for one probe with bounds on their rounding, or `most` random combinations of them where it
    /// has more; rows that are not finite are left out.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn measured_rows(
        &self,
        theta: &[f64],
        probe: u64,
        most: usize,
        visit: &mut dyn FnMut(Vec<Measured>),
    ) -> Result<()> {
        let (program, x) = self.program(probe)?;
        if let Some(point) = program.pullback(&measured(theta), &measured(&x)) {
            let weights = |stream: &mut Stream, count| measured(&normals(stream, count));
            self.each_row(point, probe, most, weights, &mut |row: Vec<Measured>| {
                let finite = |x: &Measured| x.value().is_finite() && x.error().is_finite();
                if row.iter().all(finite) {
                    visit(row);
                }
            });
        }
        Ok(())
    }

    /// One row at a time: all of a wide J would fill the memory.
    fn each_row<S: Scalar>(
        &self,
        mut point: Pullback<'_, S>,
        probe: u64,
        most: usize,
        weights: impl Fn(&mut Stream, usize) -> Vec<S>,
        visit: &mut dyn FnMut(Vec<S>),
    ) {
        let outputs = self.outputs();
        if outputs <= most {
            for o in 0..outputs {
                let one = point.one();
                point.row([(o, one)]).into_iter().for_each(&mut *visit);
            }
            return;
        }
        let mut stream = Stream::new(self.seed, probe, COMBINATIONS);
        for share in shares(outputs, most.saturating_sub(WHOLE), &mut stream) {
            let c = weights(&mut stream, share.len());
            let row = point.row(share.into_iter().zip(c));
            row.into_iter().for_each(&mut *visit);
        }
        for _ in 0..WHOLE.min(most) {
            let c = weights(&mut stream, outputs);
            let row = point.row(c.into_iter().enumerate());
            row.into_iter().for_each(&mut *visit);
        }
    }
}

/// Outputs dealt to `count` shares, [`SPREAD`] times each, in a random order each time.
fn shares(outputs: usize, count: usize, stream: &mut Stream) -> Vec<Vec<usize>> {
    let mut shares = vec![Vec::new(); count];
    if count == 0 {
        return shares;
    }
    let mut order: Vec<usize> = (0..outputs).collect();
    for _ in 0..SPREAD {
        for last in (1..outputs).rev() {
            order.swap(last, stream.next_below(last as u64 + 1) as usize);
        }
        for (at, output) in order.iter().enumerate() {
            shares[at % count].push(*output);
        }
    }
    shares
}
