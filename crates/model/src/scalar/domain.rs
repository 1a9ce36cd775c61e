//! Where a function is not a finite real number (language §9): operations outside their domain at a point.

use super::tape::{Goal, Instruction, ScalarProgram};
use crate::error::{Error, ErrorKind};
use crate::expression::{Function, Model, NodeId, Op, TensorId};

/// An operation whose arguments are finite and whose value is not.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// `log`, `sqrt`, `^`, `/`, another function, `*` or `+`.
    pub operation: &'static str,
    /// The argument; of `/` the divisor, of `^` the base; of `*` and `+`, which overflow, the value.
    pub value: f64,
    /// The exponent of `^`.
    pub exponent: Option<f64>,
    /// The node that it belongs to.
    pub node: NodeId,
    /// The tensor whose statement it stands in; `None` in the loss.
    pub tensor: Option<TensorId>,
}

/// Numbers that stand for what is not finite, at most.
const LARGE: f64 = 1e150;

impl ScalarProgram {
    /// The operations that the outputs need and that are outside their domain at this point, in the order of the program; each
    /// node once. Behind one the pass goes on with a finite number in its place, so that later ones are judged too.
    #[must_use]
    pub fn outside_domain(&self, theta: &[f64], x: &[f64]) -> Vec<Outside> {
        self.outside(theta, x, Goal::Outputs)
    }

    /// The same of what the loss needs as well.
    #[must_use]
    pub fn loss_outside_domain(&self, theta: &[f64], x: &[f64]) -> Vec<Outside> {
        self.outside(theta, x, Goal::Loss)
    }

    /// How many instructions of the outputs are outside their domain at this point: of a node with many
    /// entries each one counts, so that a search for a point inside sees every step.
    #[must_use]
    pub fn failures(&self, theta: &[f64], x: &[f64]) -> usize {
        let mut v: Vec<f64> = Vec::with_capacity(self.instructions.len());
        let mut failing = 0;
        for (instruction, needed) in self.instructions.iter().zip(&self.needed) {
            let value = match needed {
                true => self.one(instruction, theta, x, &v),
                false => 0.0,
            };
            let given = matches!(
                instruction,
                Instruction::Constant(_) | Instruction::Parameter(_) | Instruction::Input(_)
            );
            if value.is_finite() || given || !self.finite_arguments(instruction, &v) {
                v.push(value);
            } else {
                failing += 1;
                let (_, argument, _) = self.said(instruction, &v, value);
                v.push(stand_in(value, argument));
            }
        }
        failing
    }

    fn outside(&self, theta: &[f64], x: &[f64], goal: Goal) -> Vec<Outside> {
        let mut found: Vec<Outside> = Vec::new();
        let mut v: Vec<f64> = Vec::with_capacity(self.instructions.len());
        for (at, (instruction, needed)) in self.instructions.iter().zip(&self.needed).enumerate() {
            if goal == Goal::Outputs && !needed {
                v.push(0.0);
                continue;
            }
            let value = self.one(instruction, theta, x, &v);
            let given = matches!(
                instruction,
                Instruction::Constant(_) | Instruction::Parameter(_) | Instruction::Input(_)
            );
            if value.is_finite() || given || !self.finite_arguments(instruction, &v) {
                v.push(value);
                continue;
            }
            let (operation, argument, exponent) = self.said(instruction, &v, value);
            let node = self.origins[at];
            if !found.iter().any(|o| o.node == node) {
                found.push(Outside {
                    operation,
                    value: argument,
                    exponent,
                    node,
                    tensor: self.statements.get(&node).copied().flatten(),
                });
            }
            v.push(stand_in(value, argument));
        }
        found
    }

    fn finite_arguments(&self, instruction: &Instruction, v: &[f64]) -> bool {
        let finite = |i: u32| v[i as usize].is_finite();
        match *instruction {
            Instruction::Constant(_) | Instruction::Parameter(_) | Instruction::Input(_) => true,
            Instruction::Negative(a) | Instruction::Map(_, a) => finite(a),
            Instruction::Product(a, b) | Instruction::Quotient(a, b) | Instruction::Power(a, b) => {
                finite(a) && finite(b)
            }
            Instruction::Sum(from, to)
            | Instruction::Max(from, to)
            | Instruction::LogSumExp(from, to) => self.list(from, to).iter().all(|i| finite(*i)),
        }
    }

    /// The operation in words, its argument, and the exponent of a power.
    fn said(
        &self,
        instruction: &Instruction,
        v: &[f64],
        value: f64,
    ) -> (&'static str, f64, Option<f64>) {
        let at = |i: u32| v[i as usize];
        match *instruction {
            Instruction::Quotient(_, b) => ("/", at(b), None),
            Instruction::Map(Function::Power(p), a) => ("^", at(a), Some(p)),
            Instruction::Map(f, a) => (f.name(), at(a), None),
            Instruction::Power(a, b) => ("^", at(a), Some(at(b))),
            Instruction::Product(..) => ("*", value, None),
            _ => ("+", value, None),
        }
    }
}

/// A finite number in the place of a value that is none: of the value's sign, and of the size of the argument.
fn stand_in(value: f64, argument: f64) -> f64 {
    if value.is_nan() {
        return match argument.abs() {
            0.0 => 1.0,
            size => size.min(LARGE),
        };
    }
    LARGE.copysign(value)
}

impl Outside {
    /// The error of an evaluation there: the statement, the operation, the value, the rule and the place.
    #[must_use]
    pub fn error(&self, model: &Model) -> Error {
        let place = match self.tensor {
            Some(tensor) => format!("in the statement `{}`", model.tensor(tensor).name),
            None => "in the loss".to_owned(),
        };
        let value = self.value;
        let (said, remedy) = match (self.operation, self.exponent) {
            ("/", _) => (
                format!("a division by {value} {place}"),
                "the quotient is not finite there: give other parameters or inputs",
            ),
            ("log", _) => (
                format!("log of {value} {place}: log is real above 0 only"),
                "give other parameters or inputs, or write log(abs(e)) or log(e + c)",
            ),
            ("sqrt", _) => (
                format!("sqrt of {value} {place}: sqrt is real from 0 on only"),
                "give other parameters or inputs, or write sqrt(abs(e)) or sqrt(e^2 + c)",
            ),
            ("^", Some(p)) => (
                format!(
                    "{value} to the power {p} {place}: a power whose exponent is no integer is real for bases above 0 \
                     only"
                ),
                "give other parameters or inputs, write abs(e)^p, or an integer exponent",
            ),
            ("*" | "+", _) => (
                format!("a number beyond the range of f64 {place}"),
                "give smaller parameters or inputs",
            ),
            (operation, _) => {
                let said = match &model.node(self.node).op {
                    Op::Map {
                        function: Function::Profile(curve),
                        ..
                    } => format!("{operation} of {value} {place}: {}", curve.said()),
                    _ => format!("{operation} of {value} {place} is not finite"),
                };
                (said, "give other parameters or inputs")
            }
        };
        Error::new(ErrorKind::Numerical, said)
            .at(model.node(self.node).span)
            .remedy(remedy)
    }
}
