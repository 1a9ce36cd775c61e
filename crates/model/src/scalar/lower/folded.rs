//! Scalar operations as they are lowered: constants folded, equal instructions shared.

use super::{Key, Lowering};
use crate::expression::Function;
use crate::scalar::number::{EXACT_POWER, Scalar};
use crate::scalar::tape::Instruction;

impl Lowering<'_> {
    pub fn constant(&mut self, value: f64) -> u32 {
        self.push(
            Key::Constant(value.to_bits()),
            Instruction::Constant(value),
            Some((0, 0)),
        )
    }

    /// The number, if the instruction is one.
    pub fn number(&self, i: u32) -> Option<f64> {
        match self.instructions[i as usize] {
            Instruction::Constant(c) => Some(c),
            _ => None,
        }
    }

    pub fn product(&mut self, a: u32, b: u32) -> u32 {
        match (self.number(a), self.number(b)) {
            (Some(x), Some(y)) => return self.constant(x * y),
            (Some(1.0), _) => return b,
            (_, Some(1.0)) => return a,
            (Some(x), _) | (_, Some(x)) if x == 0.0 => return self.constant(0.0),
            _ => {}
        }
        let degree = self.degrees[a as usize].zip(self.degrees[b as usize]);
        let degree = degree.map(|(a, b)| (a.0.saturating_add(b.0), a.1.saturating_add(b.1)));
        let (a, b) = (a.min(b), a.max(b));
        self.push(Key::Binary(0, a, b), Instruction::Product(a, b), degree)
    }

    pub fn quotient(&mut self, a: u32, b: u32) -> u32 {
        match (self.number(a), self.number(b)) {
            // What is not finite is left to the evaluation, which says where.
            (Some(x), Some(y)) if (x / y).is_finite() => return self.constant(x / y),
            // A division by a number is a product by its inverse in floating point only.
            (_, Some(1.0)) => return a,
            _ => {}
        }
        let degree = self.degrees[a as usize].zip(self.degrees[b as usize]);
        let degree = degree.map(|(a, b)| match b {
            (0, 0) => a,
            _ => (a.0.saturating_add(b.1), a.1.saturating_add(b.0)),
        });
        self.push(Key::Binary(1, a, b), Instruction::Quotient(a, b), degree)
    }

    pub fn negative(&mut self, a: u32) -> u32 {
        if let Some(x) = self.number(a) {
            return self.constant(-x);
        }
        let degree = self.degrees[a as usize];
        self.push(Key::Binary(2, a, 0), Instruction::Negative(a), degree)
    }

    pub fn power(&mut self, a: u32, b: u32) -> u32 {
        match self.number(b) {
            Some(0.5) => return self.map(Function::Sqrt, a),
            Some(p) => return self.map(Function::Power(p), a),
            None => {}
        }
        self.push(Key::Binary(3, a, b), Instruction::Power(a, b), None)
    }

    pub fn map(&mut self, function: Function, a: u32) -> u32 {
        let known = self.number(a);
        if let Some(value) = known.and_then(|x| x.apply(function))
            && (value.is_finite() || known.is_some_and(|x| !x.is_finite()))
        {
            return self.constant(value);
        }
        let below = self.degrees[a as usize];
        let (kind, parameter, degree) = match function {
            Function::Square => return self.product(a, a),
            Function::Power(1.0) => return a,
            Function::Power(0.0) => return self.constant(1.0),
            Function::Power(p) if p == p.trunc() && (2.0..=EXACT_POWER).contains(&p) => {
                // Repeated squaring.
                let half = self.map(Function::Power((p / 2.0).floor()), a);
                let square = self.product(half, half);
                return if p % 2.0 == 0.0 {
                    square
                } else {
                    self.product(square, a)
                };
            }
            Function::Power(p) if p == p.trunc() && (-EXACT_POWER..0.0).contains(&p) => {
                let positive = self.map(Function::Power(-p), a);
                let one = self.constant(1.0);
                return self.quotient(one, positive);
            }
            Function::Power(p) => (0, p.to_bits(), None),
            Function::Relu => (1, 0, below),
            Function::LeakyRelu(s) => (2, s.to_bits(), below),
            Function::Abs => (3, 0, below),
            Function::Exp => (4, 0, None),
            Function::Log => (5, 0, None),
            Function::Sqrt => (6, 0, None),
            Function::Tanh => (7, 0, None),
            Function::Sigmoid => (8, 0, None),
            Function::Gelu => (9, 0, None),
            Function::GeluTanh => (10, 0, None),
            Function::Silu => (11, 0, None),
            Function::Sin => (12, 0, None),
            Function::Cos => (13, 0, None),
            Function::Sign => (14, 0, below),
            Function::Erf => (15, 0, None),
            Function::Profile(curve) => (16, curve.number(), None),
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return a,
        };
        self.push(
            Key::Map(kind, parameter, a),
            Instruction::Map(function, a),
            degree,
        )
    }

    /// Range of a list of arguments.
    fn list(&mut self, items: &[u32]) -> (u32, u32) {
        let from = self.lists.len() as u32;
        self.lists.extend(items);
        (from, self.lists.len() as u32)
    }

    pub fn sum(&mut self, mut items: Vec<u32>) -> u32 {
        let constant: f64 = items.iter().filter_map(|i| self.number(*i)).sum();
        items.retain(|i| self.number(*i).is_none());
        if items.is_empty() || !constant.is_finite() {
            return self.constant(constant);
        }
        if constant != 0.0 {
            items.push(self.constant(constant));
        }
        if let [one] = items[..] {
            return one;
        }
        items.sort_unstable();
        let degrees: Option<Vec<(u64, u64)>> =
            items.iter().map(|i| self.degrees[*i as usize]).collect();
        let degree = degrees.map(|d| {
            let q = d.iter().fold(0_u64, |q, d| q.saturating_add(d.1));
            (
                d.iter()
                    .map(|d| d.0.saturating_add(q - d.1))
                    .max()
                    .unwrap_or(0),
                q,
            )
        });
        self.listed(0, items, degree, Instruction::Sum)
    }

    fn listed(
        &mut self,
        kind: u8,
        items: Vec<u32>,
        degree: Option<(u64, u64)>,
        make: fn(u32, u32) -> Instruction,
    ) -> u32 {
        let key = Key::List(kind, items);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let Key::List(_, items) = &key else { return 0 };
        let (from, to) = self.list(&items.clone());
        self.push(key, make(from, to), degree)
    }

    /// Items without those that are −∞, which masks leave.
    fn unmasked(&self, mut items: Vec<u32>) -> Vec<u32> {
        items.retain(|i| self.number(*i) != Some(f64::NEG_INFINITY));
        items
    }

    pub fn max(&mut self, items: Vec<u32>) -> u32 {
        let items = self.unmasked(items);
        match items[..] {
            [] => self.constant(f64::NEG_INFINITY),
            [one] => one,
            _ => {
                let degrees: Option<Vec<_>> =
                    items.iter().map(|i| self.degrees[*i as usize]).collect();
                let degree = degrees.map(|d| {
                    d.into_iter()
                        .fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)))
                });
                self.listed(1, items, degree, Instruction::Max)
            }
        }
    }

    pub fn log_sum_exp(&mut self, items: Vec<u32>) -> u32 {
        let mut items = self.unmasked(items);
        items.sort_unstable();
        match items[..] {
            [] => self.constant(f64::NEG_INFINITY),
            [one] => one,
            _ => self.listed(2, items, None, Instruction::LogSumExp),
        }
    }
}
