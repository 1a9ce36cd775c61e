//! From the labelled graph to scalar instructions: every node becomes an array of instructions
//! over its labels; equal instructions are one.

use super::arrays::Arrays;
use super::number::Scalar;
use super::tape::{Arithmetic, Instruction, ScalarProgram, needed};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Function, IndexExpr, Label, Model, NodeId, Source, TensorId};
use std::collections::HashMap;
use std::rc::Rc;

/// Instructions, at most: about a gigabyte.
const LIMIT: usize = 20_000_000;

/// The values of a node (over its labels) or of a tensor (over its axes), row-major.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub labels: Vec<Label>,
    pub re: Vec<u32>,
    pub im: Option<Vec<u32>>,
}

/// A complex number of two instructions; without a second one it is real.
pub(super) type Pair = (u32, Option<u32>);

pub(super) struct Lowering<'a> {
    pub model: &'a Model,
    pub arrays: &'a Arrays,
    instructions: Vec<Instruction>,
    /// (numerator, denominator) degrees; `None` where transcendental.
    degrees: Vec<Option<(u64, u64)>>,
    lists: Vec<u32>,
    known: HashMap<Key, u32>,
    nodes: HashMap<NodeId, Rc<Values>>,
    tensors: HashMap<TensorId, Rc<Values>>,
    /// Current values of the letters.
    pub at: Vec<usize>,
    full: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Constant(u64),
    Leaf(bool, u32),
    Binary(u8, u32, u32),
    Map(u8, u64, u32),
    List(u8, Vec<u32>),
}

impl ScalarProgram {
    /// The scalar form of a model whose blocks are all in the graph.
    ///
    /// # Errors
    /// If an index expression leaves its tensor, a constant is missing, or the model is too large
    /// to be written out number by number.
    pub fn lower(model: &Model, arrays: &Arrays) -> Result<ScalarProgram> {
        let mut lowering = Lowering {
            model,
            arrays,
            instructions: Vec::new(),
            degrees: Vec::new(),
            lists: Vec::new(),
            known: HashMap::new(),
            nodes: HashMap::new(),
            tensors: HashMap::new(),
            at: vec![0; model.labels.len()],
            full: false,
        };
        // Before anything is written out: a model of 10⁹ parameters must not fill the memory first.
        let numbers =
            |id: TensorId| u128::from(model.entries(id)) * model.tensor(id).field.width() as u128;
        let leaves: u128 = model
            .parameters()
            .chain(model.inputs())
            .chain(model.constants())
            .map(numbers)
            .sum();
        if leaves > LIMIT as u128 {
            return Err(too_large());
        }
        let mut parameters = 0;
        for id in model.parameters() {
            parameters = lowering.leaves(id, true, parameters);
        }
        let mut inputs = 0;
        for id in model.inputs() {
            if matches!(model.tensor(id).source, Source::Input { index: None, .. }) {
                inputs = lowering.leaves(id, false, inputs);
            }
        }
        for id in model.constants() {
            lowering.constants(id)?;
        }
        for id in &model.order {
            lowering.define(*id)?;
        }
        let mut outputs = Vec::new();
        for id in &model.outputs {
            let values = lowering.tensors[id].clone();
            outputs.extend(&values.re);
            outputs.extend(values.im.iter().flatten());
        }
        let loss = match &model.loss {
            Some(loss) => Some(lowering.node(loss.node)?.re[0]),
            None => None,
        };
        let arithmetic = lowering.arithmetic(&outputs);
        let needed = needed(&lowering.instructions, &lowering.lists, &outputs);
        Ok(ScalarProgram {
            needed,
            instructions: lowering.instructions,
            lists: lowering.lists,
            parameters,
            inputs,
            outputs,
            loss,
            arithmetic,
        })
    }
}

impl Lowering<'_> {
    fn arithmetic(&self, outputs: &[u32]) -> Arithmetic {
        let mut total = (0, false);
        for o in outputs {
            let Some((p, q)) = self.degrees[*o as usize] else {
                return Arithmetic::Transcendental;
            };
            total = (total.0.max(p).max(q), total.1 || q > 0);
        }
        match total {
            (degree, false) => Arithmetic::Polynomial { degree },
            (degree, true) => Arithmetic::Rational { degree },
        }
    }

    fn push(&mut self, key: Key, instruction: Instruction, degree: Option<(u64, u64)>) -> u32 {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.instructions.len() >= LIMIT {
            self.full = true;
            return 0;
        }
        let number = self.instructions.len() as u32;
        self.instructions.push(instruction);
        self.degrees.push(degree);
        self.known.insert(key, number);
        number
    }

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
            (Some(x), Some(y)) => return self.constant(x / y),
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
        if let (Some(x), Some(y)) = (self.number(a), self.number(b)) {
            return self.constant(x.powf(y));
        }
        self.push(Key::Binary(3, a, b), Instruction::Power(a, b), None)
    }

    pub fn map(&mut self, function: Function, a: u32) -> u32 {
        if let Some(value) = self.number(a).and_then(|x| x.apply(function)) {
            return self.constant(value);
        }
        let below = self.degrees[a as usize];
        let (kind, parameter, degree) = match function {
            Function::Square => return self.product(a, a),
            Function::Power(1.0) => return a,
            Function::Power(p) if p == p.trunc() && (2.0..=64.0).contains(&p) => {
                // Repeated squaring.
                let half = self.map(Function::Power((p / 2.0).floor()), a);
                let square = self.product(half, half);
                return if p % 2.0 == 0.0 {
                    square
                } else {
                    self.product(square, a)
                };
            }
            Function::Power(p) if p == p.trunc() && (-64.0..0.0).contains(&p) => {
                let positive = self.map(Function::Power(-p), a);
                let one = self.constant(1.0);
                return self.quotient(one, positive);
            }
            Function::Power(0.0) => return self.constant(1.0),
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

    fn leaves(&mut self, id: TensorId, parameter: bool, offset: usize) -> usize {
        let width = self.model.tensor(id).field.width();
        let count = self.model.entries(id) as usize;
        let mut leaf = |i: usize| {
            let number = (offset + i) as u32;
            let instruction = if parameter {
                Instruction::Parameter(number)
            } else {
                Instruction::Input(number)
            };
            self.push(Key::Leaf(parameter, number), instruction, Some((1, 0)))
        };
        let re = (0..count).map(|i| leaf(i * width)).collect();
        let im = (width == 2).then(|| (0..count).map(|i| leaf(i * 2 + 1)).collect());
        self.tensors.insert(
            id,
            Rc::new(Values {
                labels: Vec::new(),
                re,
                im,
            }),
        );
        offset + count * width
    }

    fn constants(&mut self, id: TensorId) -> Result<()> {
        let tensor = self.model.tensor(id);
        if matches!(tensor.source, Source::Constant { index: Some(_), .. }) {
            return Ok(());
        }
        let Some(values) = self.arrays.get(id) else {
            return Err(Error::new(
                ErrorKind::File,
                format!("the entries of `{}` are missing", tensor.name),
            )
            .at(tensor.span));
        };
        let values = values.to_vec();
        let width = tensor.field.width();
        let re = values
            .iter()
            .step_by(width)
            .map(|x| self.constant(*x))
            .collect();
        let im = (width == 2).then(|| {
            values
                .iter()
                .skip(1)
                .step_by(2)
                .map(|x| self.constant(*x))
                .collect()
        });
        self.tensors.insert(
            id,
            Rc::new(Values {
                labels: Vec::new(),
                re,
                im,
            }),
        );
        Ok(())
    }

    fn define(&mut self, id: TensorId) -> Result<()> {
        let Source::Defined { node, labels } = &self.model.tensor(id).source else {
            return Ok(());
        };
        let values = self.node(*node)?;
        let mut re = Vec::new();
        let mut im = values.im.as_ref().map(|_| Vec::new());
        self.each(labels, |this| {
            let (r, i) = this.read(&values);
            re.push(r);
            if let Some(im) = &mut im {
                let zero = this.constant(0.0);
                im.push(i.unwrap_or(zero));
            }
            Ok(())
        })?;
        self.tensors.insert(
            id,
            Rc::new(Values {
                labels: labels.clone(),
                re,
                im,
            }),
        );
        Ok(())
    }

    pub fn size(&self, label: Label) -> usize {
        self.model.label_size(label) as usize
    }

    /// Visits all values of some letters, the last one fastest.
    pub fn each(
        &mut self,
        labels: &[Label],
        mut visit: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let saved: Vec<usize> = labels.iter().map(|l| self.at[l.index()]).collect();
        labels.iter().for_each(|l| self.at[l.index()] = 0);
        'all: loop {
            visit(self)?;
            if self.full {
                return Err(too_large());
            }
            for l in labels.iter().rev() {
                self.at[l.index()] += 1;
                if self.at[l.index()] < self.size(*l) {
                    continue 'all;
                }
                self.at[l.index()] = 0;
            }
            break;
        }
        labels
            .iter()
            .zip(saved)
            .for_each(|(l, v)| self.at[l.index()] = v);
        Ok(())
    }

    /// The entry of a node at the current letters.
    pub fn read(&self, values: &Values) -> Pair {
        let flat = values
            .labels
            .iter()
            .fold(0, |flat, l| flat * self.size(*l) + self.at[l.index()]);
        (values.re[flat], values.im.as_ref().map(|im| im[flat]))
    }

    pub fn tensor(&self, id: TensorId) -> Option<Rc<Values>> {
        self.tensors.get(&id).cloned()
    }

    /// The value of an index expression at the current letters.
    pub fn index(&self, expression: &IndexExpr) -> i64 {
        expression.evaluate(&|l| self.at[l.index()] as i64, &|t, at| self.lookup(t, at))
    }

    pub fn lookup(&self, tensor: TensorId, at: &[i64]) -> i64 {
        let flat = at
            .iter()
            .zip(self.model.shape(tensor))
            .fold(0, |flat, (i, n)| flat * n as i64 + i);
        let values = self.arrays.get(tensor).unwrap_or(&[]);
        usize::try_from(flat)
            .ok()
            .and_then(|i| values.get(i))
            .map_or(-1, |x| *x as i64)
    }

    /// The values of a node; nodes are long chains in deep models, so they are built in order.
    pub fn node(&mut self, id: NodeId) -> Result<Rc<Values>> {
        if let Some(done) = self.nodes.get(&id) {
            return Ok(done.clone());
        }
        let node = self.model.node(id);
        for argument in node.op.arguments() {
            self.node(argument)?;
        }
        let values = Rc::new(self.operation(node)?);
        self.nodes.insert(id, values.clone());
        Ok(values)
    }
}

fn too_large() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("written out number by number the model has more than {LIMIT} operations"),
    )
    .remedy("smaller axes have the same symmetries, and rules need no numbers")
}
