//! Derivatives backwards from the values of a program at a point.

use super::number::Scalar;
use super::tape::{Instruction, ScalarProgram};
use crate::expression::Function;

/// The values of a program at a point. A pass backwards visits what its outputs are computed from and nothing else, so that
/// the rows of a wide J cost together what its values cost, up to a factor.
#[derive(Clone, Debug)]
pub struct Pullback<'a, S> {
    program: &'a ScalarProgram,
    v: Vec<S>,
    adjoint: Vec<S>,
    /// A bit for each instruction that has an adjoint and waits for its turn.
    waiting: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl<'a, S: Scalar> Pullback<'a, S> {
    /// `None` for a program without instructions.
    pub(super) fn new(program: &'a ScalarProgram, v: Vec<S>) -> Option<Pullback<'a, S>> {
        let zero = v.first()?.constant(0.0);
        Some(Pullback {
            program,
            adjoint: vec![zero; v.len()],
            waiting: vec![0; v.len().div_ceil(BITS)],
            v,
        })
    }

    /// 1.
    #[must_use]
    pub fn one(&self) -> S {
        self.v[0].constant(1.0)
    }

    /// Σ c ∂F_o/∂θ over the pairs (o, c) of the number of an output and a weight, length d; `None` where an operation does
    /// not exist in S at this point.
    pub fn row(&mut self, seeds: impl IntoIterator<Item = (usize, S)>) -> Option<Vec<S>> {
        let program = self.program;
        self.gradient(
            seeds
                .into_iter()
                .map(|(output, c)| (program.outputs[output], c)),
        )
    }

    /// The same for pairs of an instruction and a weight.
    pub(super) fn gradient(&mut self, seeds: impl IntoIterator<Item = (u32, S)>) -> Option<Vec<S>> {
        let zero = self.v[0].constant(0.0);
        let mut gradient = vec![zero; self.program.parameters];
        for (root, seed) in seeds {
            self.add(root, seed);
        }
        let done = self.drain(&mut gradient);
        if done.is_none() {
            self.waiting.fill(0);
        }
        done.map(|()| gradient)
    }

    fn add(&mut self, i: u32, by: S) {
        let i = i as usize;
        let (word, bit) = (&mut self.waiting[i / BITS], 1 << (i % BITS));
        let slot = &mut self.adjoint[i];
        *slot = match *word & bit {
            0 => by,
            _ => slot.plus(&by),
        };
        *word |= bit;
    }

    /// Passes on what waits, the last instruction first: its arguments come before it.
    fn drain(&mut self, gradient: &mut [S]) -> Option<()> {
        for word in (0..self.waiting.len()).rev() {
            while self.waiting[word] != 0 {
                let bit = BITS - 1 - self.waiting[word].leading_zeros() as usize;
                self.waiting[word] &= !(1 << bit);
                self.pass(word * BITS + bit, gradient)?;
            }
        }
        Some(())
    }

    fn pass(&mut self, at: usize, gradient: &mut [S]) -> Option<()> {
        let program = self.program;
        let w = self.adjoint[at].clone();
        match program.instructions[at] {
            Instruction::Constant(_) | Instruction::Input(_) => {}
            Instruction::Parameter(i) => {
                let slot = &mut gradient[i as usize];
                *slot = slot.plus(&w);
            }
            Instruction::Product(a, b) => {
                self.add(a, w.times(&self.v[b as usize]));
                self.add(b, w.times(&self.v[a as usize]));
            }
            Instruction::Quotient(a, b) => {
                let by = w.times(&self.v[b as usize].inverse()?);
                self.add(b, by.times(&self.v[at]).minus());
                self.add(a, by);
            }
            Instruction::Negative(a) => self.add(a, w.minus()),
            Instruction::Map(f, a) => {
                let slope = self.v[a as usize].slope(f, &self.v[at])?;
                self.add(a, w.times(&slope));
            }
            // At a base of 0 by convention 0, as for sqrt.
            Instruction::Power(a, _) if self.v[a as usize].shadow() == 0.0 => {}
            Instruction::Power(a, b) => {
                let by = w.times(&self.v[at]);
                let (base, exponent) = (&self.v[a as usize], &self.v[b as usize]);
                let of_base = by.times(exponent).times(&base.inverse()?);
                let of_exponent = by.times(&base.apply(Function::Log)?);
                self.add(a, of_base);
                self.add(b, of_exponent);
            }
            Instruction::Sum(from, to) => {
                for i in program.list(from, to) {
                    self.add(*i, w.clone());
                }
            }
            Instruction::Max(from, to) => {
                let best = program.largest(from, to, &self.v);
                self.add(best, w);
            }
            Instruction::LogSumExp(from, to) => {
                for i in program.list(from, to) {
                    let difference = self.v[*i as usize].plus(&self.v[at].minus());
                    let share = difference.apply(Function::Exp)?;
                    self.add(*i, w.times(&share));
                }
            }
        }
        Some(())
    }
}
