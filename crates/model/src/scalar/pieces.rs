//! Which piece of a function of pieces a point lies on: the side of every relu, leaky relu and abs,
//! the winner of every max. What holds on the pieces met says nothing of the others, so that a
//! search has to know which there are.

use super::tape::{Goal, Instruction, ScalarProgram};
use crate::expression::Function;

/// One operation that makes pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kink {
    /// The instruction.
    at: usize,
    /// How many pieces it has, at most: two sides, or the arguments of a maximum.
    pub pieces: usize,
}

impl ScalarProgram {
    /// The operations of the outputs that make pieces, without those whose argument never changes
    /// its sign by its form (relu of a square).
    #[must_use]
    pub fn kinks(&self) -> Vec<Kink> {
        let signs = self.nonnegative();
        let mut found = Vec::new();
        for (at, instruction) in self.instructions.iter().enumerate() {
            if !self.needed[at] {
                continue;
            }
            match *instruction {
                Instruction::Map(
                    Function::Relu | Function::LeakyRelu(_) | Function::Abs | Function::Sign,
                    a,
                ) if !signs[a as usize] && !self.is_constant(a) => {
                    found.push(Kink { at, pieces: 2 });
                }
                Instruction::Max(from, to) => found.push(Kink {
                    at,
                    pieces: (to - from) as usize,
                }),
                _ => {}
            }
        }
        found
    }

    /// The piece of each of these operations at a point; `None` where a value does not exist.
    #[must_use]
    pub fn pieces(&self, kinks: &[Kink], theta: &[f64], x: &[f64]) -> Option<Vec<usize>> {
        let v = self.forward(theta, x, Goal::Outputs)?;
        let piece = |kink: &Kink| match self.instructions[kink.at] {
            Instruction::Map(_, a) => usize::from(v[a as usize] > 0.0),
            Instruction::Max(from, to) => {
                let best = self.largest(from, to, &v);
                let list = self.list(from, to);
                list.iter().position(|i| *i == best).unwrap_or(0)
            }
            _ => 0,
        };
        Some(kinks.iter().map(piece).collect())
    }

    fn is_constant(&self, at: u32) -> bool {
        matches!(self.instructions[at as usize], Instruction::Constant(_))
    }

    /// Which values are nowhere negative, by their form.
    fn nonnegative(&self) -> Vec<bool> {
        let mut signs: Vec<bool> = Vec::with_capacity(self.instructions.len());
        for instruction in &self.instructions {
            let at = |i: u32| signs[i as usize];
            let all = |from, to| self.list(from, to).iter().all(|i| at(*i));
            signs.push(match *instruction {
                Instruction::Constant(c) => c >= 0.0,
                Instruction::Product(a, b) => a == b || at(a) && at(b),
                Instruction::Quotient(a, b) => at(a) && at(b),
                Instruction::Sum(from, to) | Instruction::Max(from, to) => all(from, to),
                Instruction::Power(..) => true,
                Instruction::Map(f, a) => match f {
                    Function::Relu
                    | Function::Abs
                    | Function::Square
                    | Function::Exp
                    | Function::Sqrt
                    | Function::Sigmoid => true,
                    Function::Power(p) => at(a) || p % 2.0 == 0.0,
                    Function::LeakyRelu(_)
                    | Function::Tanh
                    | Function::Silu
                    | Function::Sign
                    | Function::Erf => at(a),
                    _ => false,
                },
                Instruction::Parameter(_)
                | Instruction::Input(_)
                | Instruction::Negative(_)
                | Instruction::LogSumExp(..) => false,
            });
        }
        signs
    }
}
