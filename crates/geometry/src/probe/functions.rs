//! How many functions of θ the outputs are, where the samples are finitely many: gradients span no more dimensions than
//! the functions do. A pair of tokens of which a model takes the mean is one function in both orders, on every piece, and no
//! point has a larger rank of J.

use super::Probes;
use symbias_model::error::Result;
use symbias_model::scalar::{Exact, Term};
use symbias_numerics::field::{Fp, MERSENNE61};
use symbias_numerics::random::Stream;
use symbias_numerics::rank::ExactRowSpace;

/// Points beyond the number of functions.
const SPARE: usize = 64;
/// Evaluations of operations spent on it, at most.
const WORK: usize = 50_000_000;

impl Probes<'_> {
    /// The dimension of the span of all outputs at all samples modulo constants, a bound on the rank of J at every θ:
    /// linear relations between the forms of the outputs (see [`Term`]) are counted. `None` where samples are not finitely
    /// many, where it costs too much, or where a function has no form.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn functions(&self) -> Result<Option<usize>> {
        let Some(samples) = self.count() else {
            return Ok(None);
        };
        let count = (samples as usize).saturating_mul(self.outputs());
        let passes = (samples as usize).saturating_mul(count + SPARE);
        if passes.saturating_mul(self.length()) > WORK {
            return Ok(None);
        }
        let programs = (0..samples).map(|sample| self.program(sample));
        let programs = programs.collect::<Result<Vec<_>>>()?;
        let mut space: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(count + 1);
        for number in 0..count + SPARE {
            let mut stream = Stream::new(self.seed, number as u64, TERMS);
            let theta: Vec<Term> = (0..self.parameters())
                .map(|_| Term(Fp::new(stream.next_u64() >> 3)))
                .collect();
            let mut row = vec![Fp::new(1)];
            for (program, x) in &programs {
                let x: Vec<Term> = x.iter().map(|x| Term(Exact::of(*x).residue)).collect();
                let Some(values) = program.value(&theta, &x) else {
                    return Ok(None);
                };
                row.extend(values.iter().map(|y| y.0));
            }
            space.insert(&mut row);
        }
        Ok(Some(space.rank().saturating_sub(1)))
    }
}

/// Stream of the points.
const TERMS: u64 = 17;
