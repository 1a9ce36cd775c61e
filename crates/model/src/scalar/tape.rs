//! Instructions, and their evaluation forwards and backwards.

use super::number::Scalar;
use super::pullback::Pullback;
use crate::expression::{Function, NodeId, TensorId};
use std::collections::BTreeMap;

/// Which field a program can be evaluated in, and a bound on the degree there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Polynomial on each piece (relu, abs, max choose the piece), of at most this degree.
    Polynomial {
        /// Total degree in parameters and inputs.
        degree: u64,
    },
    /// A quotient of such, numerator and denominator of at most this degree.
    Rational {
        /// Total degree in parameters and inputs.
        degree: u64,
    },
    /// Anything else: floating point only.
    Transcendental,
}

impl Arithmetic {
    /// The degree, where exact arithmetic applies.
    #[must_use]
    pub fn degree(self) -> Option<u64> {
        match self {
            Arithmetic::Polynomial { degree } | Arithmetic::Rational { degree } => Some(degree),
            Arithmetic::Transcendental => None,
        }
    }
}

/// One instruction; arguments are numbers of earlier ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instruction {
    Constant(f64),
    Parameter(u32),
    Input(u32),
    Product(u32, u32),
    Quotient(u32, u32),
    Negative(u32),
    Map(Function, u32),
    /// base^exponent = exp(exponent · log base).
    Power(u32, u32),
    /// Range of the argument list.
    Sum(u32, u32),
    Max(u32, u32),
    LogSumExp(u32, u32),
}

/// A model as a straight line of scalar instructions.
#[derive(Clone, Debug)]
pub struct ScalarProgram {
    pub(super) instructions: Vec<Instruction>,
    pub(super) lists: Vec<u32>,
    pub(super) parameters: usize,
    pub(super) inputs: usize,
    pub(super) outputs: Vec<u32>,
    pub(super) loss: Option<u32>,
    /// Whether the outputs need an instruction. What the loss alone needs may not exist where the outputs do: a logarithm
    /// modulo a prime, or of a negative number.
    pub(super) needed: Vec<bool>,
    pub(super) arithmetic: Arithmetic,
    /// The node that each instruction was made for first.
    pub(super) origins: Vec<NodeId>,
    /// The tensor in whose statement a node stands; none in the loss.
    pub(super) statements: BTreeMap<NodeId, Option<TensorId>>,
}

/// What a pass computes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Outputs,
    Loss,
}

/// The instructions that some of them are computed from, themselves included.
pub(super) fn needed(instructions: &[Instruction], lists: &[u32], roots: &[u32]) -> Vec<bool> {
    let mut needed = vec![false; instructions.len()];
    for root in roots {
        needed[*root as usize] = true;
    }
    for at in (0..instructions.len()).rev() {
        if !needed[at] {
            continue;
        }
        match instructions[at] {
            Instruction::Constant(_) | Instruction::Parameter(_) | Instruction::Input(_) => {}
            Instruction::Negative(a) | Instruction::Map(_, a) => needed[a as usize] = true,
            Instruction::Product(a, b) | Instruction::Quotient(a, b) | Instruction::Power(a, b) => {
                needed[a as usize] = true;
                needed[b as usize] = true;
            }
            Instruction::Sum(from, to)
            | Instruction::Max(from, to)
            | Instruction::LogSumExp(from, to) => {
                for i in &lists[from as usize..to as usize] {
                    needed[*i as usize] = true;
                }
            }
        }
    }
    needed
}

impl ScalarProgram {
    /// d.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Number of entries of the real and complex inputs of one sample.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// m, the number of entries of the outputs of one sample.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// Number of instructions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether there are no instructions (never, for a checked model).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// Where it can be evaluated exactly.
    #[must_use]
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// Whether relu, abs or max make pieces of the outputs.
    #[must_use]
    pub fn is_piecewise(&self) -> bool {
        let own = self.instructions.iter().zip(&self.needed);
        own.filter(|(_, needed)| **needed).any(|(i, _)| match i {
            Instruction::Map(f, _) => {
                matches!(
                    f,
                    Function::Relu | Function::LeakyRelu(_) | Function::Abs | Function::Sign
                )
            }
            Instruction::Max(..) => true,
            _ => false,
        })
    }

    pub(super) fn list(&self, from: u32, to: u32) -> &[u32] {
        &self.lists[from as usize..to as usize]
    }

    /// All intermediate values; `None` where an operation does not exist in S at this point. What the goal does not need is
    /// left at 0.
    pub(super) fn forward<S: Scalar>(&self, theta: &[S], x: &[S], goal: Goal) -> Option<Vec<S>> {
        let one = theta.first().or(x.first()).map(|s| s.constant(1.0))?;
        let mut v: Vec<S> = Vec::with_capacity(self.instructions.len());
        for (instruction, needed) in self.instructions.iter().zip(&self.needed) {
            if goal == Goal::Outputs && !needed {
                v.push(one.constant(0.0));
                continue;
            }
            let value = self.step(instruction, theta, x, &v, &one)?;
            v.push(value);
        }
        Some(v)
    }

    /// One instruction in floating point, where every operation has some value.
    pub(super) fn one(
        &self,
        instruction: &Instruction,
        theta: &[f64],
        x: &[f64],
        v: &[f64],
    ) -> f64 {
        self.step(instruction, theta, x, v, &1.0)
            .unwrap_or(f64::NAN)
    }

    fn step<S: Scalar>(
        &self,
        instruction: &Instruction,
        theta: &[S],
        x: &[S],
        v: &[S],
        one: &S,
    ) -> Option<S> {
        let at = |i: u32| &v[i as usize];
        Some(match *instruction {
            Instruction::Constant(c) => one.constant(c),
            Instruction::Parameter(i) => theta[i as usize].clone(),
            Instruction::Input(i) => x[i as usize].clone(),
            Instruction::Product(a, b) => at(a).times(at(b)),
            Instruction::Quotient(a, b) => at(a).times(&at(b).inverse()?),
            Instruction::Negative(a) => at(a).minus(),
            Instruction::Map(f, a) => at(a).apply(f)?,
            Instruction::Power(a, b) => at(a)
                .apply(Function::Log)?
                .times(at(b))
                .apply(Function::Exp)?,
            Instruction::Sum(from, to) => {
                let list = self.list(from, to);
                list[1..]
                    .iter()
                    .fold(at(list[0]).clone(), |sum, i| sum.plus(at(*i)))
            }
            Instruction::Max(from, to) => at(self.largest(from, to, v)).clone(),
            Instruction::LogSumExp(from, to) => {
                // Shifted by the largest, a constant here: the sum is the same.
                let shift = at(self.largest(from, to, v)).shadow();
                let list = self.list(from, to);
                let mut sum = one.constant(0.0);
                for i in list {
                    sum = sum.plus(&at(*i).plus(&one.constant(-shift)).apply(Function::Exp)?);
                }
                sum.apply(Function::Log)?.plus(&one.constant(shift))
            }
        })
    }

    pub(super) fn largest<S: Scalar>(&self, from: u32, to: u32, v: &[S]) -> u32 {
        let list = self.list(from, to);
        // The first of equals, as the derivative goes there.
        list[1..].iter().fold(list[0], |best, i| {
            if v[*i as usize].shadow() > v[best as usize].shadow() {
                *i
            } else {
                best
            }
        })
    }

    /// F(θ; x), length m.
    pub fn value<S: Scalar>(&self, theta: &[S], x: &[S]) -> Option<Vec<S>> {
        let v = self.forward(theta, x, Goal::Outputs)?;
        Some(
            self.outputs
                .iter()
                .map(|o| v[*o as usize].clone())
                .collect(),
        )
    }

    /// Σ over the entries of this sample, before division; `None` without a loss.
    pub fn loss<S: Scalar>(&self, theta: &[S], x: &[S]) -> Option<S> {
        let v = self.forward(theta, x, Goal::Loss)?;
        Some(v[self.loss? as usize].clone())
    }

    /// The gradient of [`Self::loss`], length d.
    pub fn loss_gradient<S: Scalar>(&self, theta: &[S], x: &[S]) -> Option<Vec<S>> {
        let v = self.forward(theta, x, Goal::Loss)?;
        let one = v.first()?.constant(1.0);
        Pullback::new(self, v)?.gradient([(self.loss?, one)])
    }

    /// The values at a point, from which rows of J are read one by one.
    pub fn pullback<S: Scalar>(&self, theta: &[S], x: &[S]) -> Option<Pullback<'_, S>> {
        Pullback::new(self, self.forward(theta, x, Goal::Outputs)?)
    }

    /// J(θ; x), m rows of length d.
    pub fn jacobian<S: Scalar>(&self, theta: &[S], x: &[S]) -> Option<Vec<Vec<S>>> {
        let mut point = self.pullback(theta, x)?;
        let one = point.one();
        (0..self.outputs.len())
            .map(|o| point.row([(o, one.clone())]))
            .collect()
    }

    /// Jᵀc, the gradient of ⟨c, F⟩, length d.
    pub fn vjp<S: Scalar>(&self, theta: &[S], x: &[S], c: &[S]) -> Option<Vec<S>> {
        let seeds = c.iter().cloned().enumerate();
        self.pullback(theta, x)?.row(seeds)
    }
}
