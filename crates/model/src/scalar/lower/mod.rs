//! From the labelled graph to scalar instructions: every node becomes an array of instructions
//! over its labels; equal instructions are one.

mod contraction;
mod folded;
mod order;
mod selecting;

use super::arrays::Arrays;
use super::size::{LIMIT, too_large};
use super::tape::{Arithmetic, Instruction, ScalarProgram, needed};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{IndexExpr, Label, Model, NodeId, Source, TensorId};
use foldhash::fast::FixedState;
use selecting::Open;
pub use selecting::Selecting;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

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
    /// Looked up for every instruction, and never iterated over.
    known: HashMap<Key, u32, FixedState>,
    nodes: HashMap<NodeId, Rc<Values>>,
    tensors: HashMap<TensorId, Rc<Values>>,
    /// Current values of the letters.
    pub at: Vec<usize>,
    /// How many read each node.
    uses: HashMap<NodeId, usize>,
    /// Instructions, at most.
    limit: usize,
    full: bool,
    origins: Vec<NodeId>,
    origin: NodeId,
    /// In order: equal programs are written alike.
    statements: BTreeMap<NodeId, Option<TensorId>>,
    statement: Option<TensorId>,
    /// What integer inputs select, where it is left open.
    open: Option<Open>,
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
        Ok(ScalarProgram::written(model, arrays, None)?.0)
    }

    /// The program, and what it leaves open of what integer inputs select; without the loss if it is to leave that open.
    fn written(
        model: &Model,
        arrays: &Arrays,
        open: Option<Open>,
    ) -> Result<(ScalarProgram, Option<Open>)> {
        // Before anything is written out: a model of 10⁹ parameters must not fill the memory first.
        ScalarProgram::fits(model)?;
        let mut lowering = Lowering {
            model,
            arrays,
            instructions: Vec::new(),
            degrees: Vec::new(),
            lists: Vec::new(),
            known: HashMap::default(),
            nodes: HashMap::new(),
            tensors: HashMap::new(),
            at: vec![0; model.labels.len()],
            uses: uses(model),
            limit: LIMIT,
            full: false,
            origins: Vec::new(),
            origin: NodeId(0),
            statements: BTreeMap::new(),
            statement: None,
            open,
        };
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
            lowering.statement = Some(*id);
            lowering.define(*id)?;
        }
        lowering.statement = None;
        let mut outputs = Vec::new();
        for id in &model.outputs {
            let values = lowering.tensors[id].clone();
            outputs.extend(&values.re);
            outputs.extend(values.im.iter().flatten());
        }
        let loss = match &model.loss {
            Some(loss) if lowering.open.is_none() => Some(lowering.node(loss.node)?.re[0]),
            _ => None,
        };
        let arithmetic = lowering.arithmetic(&outputs);
        let needed = needed(&lowering.instructions, &lowering.lists, &outputs);
        let program = ScalarProgram {
            needed,
            instructions: lowering.instructions,
            lists: lowering.lists,
            parameters,
            inputs,
            outputs,
            loss,
            arithmetic,
            origins: lowering.origins,
            statements: lowering.statements,
        };
        Ok((program, lowering.open))
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
        if self.instructions.len() >= self.limit {
            self.full = true;
            return 0;
        }
        let number = self.instructions.len() as u32;
        self.instructions.push(instruction);
        self.degrees.push(degree);
        self.origins.push(self.origin);
        self.known.insert(key, number);
        number
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

    fn flat(&self, tensor: TensorId, at: &[i64]) -> i64 {
        at.iter()
            .zip(self.model.shape(tensor))
            .fold(0, |flat, (i, n)| flat * n as i64 + i)
    }

    pub fn lookup(&self, tensor: TensorId, at: &[i64]) -> i64 {
        if let Some(open) = &self.open
            && self.is_input(tensor)
        {
            open.fails();
        }
        let flat = self.flat(tensor, at);
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
        let walked = node.labels.iter().map(|l| self.size(*l) as f64);
        if walked.product::<f64>() > LIMIT as f64 {
            return Err(too_large());
        }
        let arguments = match self.summed_product(&node.op) {
            Some((product, _)) => self.model.node(product).op.arguments(),
            None => node.op.arguments(),
        };
        for argument in arguments {
            self.node(argument)?;
        }
        self.origin = id;
        self.statements.insert(id, self.statement);
        let values = Rc::new(self.operation(node)?);
        self.nodes.insert(id, values.clone());
        Ok(values)
    }
}

/// How many nodes, definitions and results read each node.
fn uses(model: &Model) -> HashMap<NodeId, usize> {
    let mut uses = HashMap::new();
    let mut read = |id: NodeId| *uses.entry(id).or_insert(0) += 1;
    for node in &model.nodes {
        node.op.arguments().into_iter().for_each(&mut read);
    }
    for id in &model.order {
        if let Source::Defined { node, .. } = &model.tensor(*id).source {
            read(*node);
        }
    }
    model.loss.iter().for_each(|loss| read(loss.node));
    uses
}
