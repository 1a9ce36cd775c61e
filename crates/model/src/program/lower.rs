//! From the checked expression to the graph of array operations. Complex values are pairs.

use super::graph::{Dim, Graph, Id, Leaf};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{
    Factor, Field, IndexExpr, Label, Model, Node, NodeId, Op, Reduction, Source, TensorId,
};
use crate::scalar::{Arrays, Known};
use std::collections::HashMap;
use std::sync::Arc;

/// Entries of a table, of a constant or of the array that a node becomes, at most.
const LARGEST: usize = 1 << 26;

/// Real and imaginary part.
pub(super) type Pair = (Id, Option<Id>);

/// A tensor: its value over its own dimensions, one per axis.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub value: Pair,
    pub dims: Vec<Dim>,
}

pub(super) struct Lowering<'a> {
    pub model: &'a Model,
    pub arrays: &'a Arrays,
    pub graph: Graph,
    letters: HashMap<Label, Dim>,
    pub nodes: HashMap<NodeId, Pair>,
    pub tensors: HashMap<TensorId, Stored>,
    /// The dimension of everything that depends on an input.
    pub sample: Option<Dim>,
}

impl<'a> Lowering<'a> {
    pub fn new(model: &'a Model, arrays: &'a Arrays, samples: usize) -> Lowering<'a> {
        let mut graph = Graph::default();
        let sample = (samples > 1).then(|| graph.dim(samples));
        Lowering {
            model,
            arrays,
            graph,
            letters: HashMap::new(),
            nodes: HashMap::new(),
            tensors: HashMap::new(),
            sample,
        }
    }

    /// All tensors, in order.
    pub fn all(&mut self) -> Result<()> {
        let model = self.model;
        for (number, id) in model.parameters().enumerate() {
            self.stored(id, None, |part| Leaf::Theta(number, part));
        }
        let mut number = 0;
        for id in model.inputs() {
            if matches!(model.tensor(id).source, Source::Input { index: None, .. }) {
                self.stored(id, self.sample, |part| Leaf::Input(number, part));
                number += 1;
            }
        }
        for id in model.constants() {
            self.constant(id)?;
        }
        for id in &model.order {
            let Source::Defined { node, labels } = &model.tensor(*id).source else {
                continue;
            };
            let value = self.node(*node)?;
            let dims = self.axes(*id);
            let names: Vec<(Dim, Dim)> = labels
                .iter()
                .zip(&dims)
                .map(|(l, d)| (self.letter(*l), *d))
                .collect();
            let mut rename = |x: Id| {
                let all: Vec<Dim> = names.iter().map(|n| n.0).collect();
                let full = self.spread(x, &all);
                self.graph.rename(full, &names)
            };
            let value = (rename(value.0), value.1.map(&mut rename));
            self.tensors.insert(*id, Stored { value, dims });
        }
        Ok(())
    }

    fn axes(&mut self, id: TensorId) -> Vec<Dim> {
        self.model
            .shape(id)
            .iter()
            .map(|n| self.graph.dim(*n as usize))
            .collect()
    }

    fn stored(&mut self, id: TensorId, sample: Option<Dim>, leaf: impl Fn(usize) -> Leaf) {
        let own = self.axes(id);
        let dims: Vec<Dim> = sample.into_iter().chain(own.iter().copied()).collect();
        let re = self.graph.leaf(leaf(0), dims.clone());
        let im =
            (self.model.tensor(id).field == Field::Complex).then(|| self.graph.leaf(leaf(1), dims));
        self.tensors.insert(
            id,
            Stored {
                value: (re, im),
                dims: own,
            },
        );
    }

    fn constant(&mut self, id: TensorId) -> Result<()> {
        let tensor = self.model.tensor(id);
        if matches!(tensor.source, Source::Constant { index: Some(_), .. }) {
            return Ok(());
        }
        let Some(entries) = self.arrays.get(id) else {
            return Err(Error::new(
                ErrorKind::File,
                format!("the entries of `{}` are missing", tensor.name),
            )
            .at(tensor.span));
        };
        let width = tensor.field.width();
        let part =
            |w: usize| -> Arc<[f64]> { entries.iter().skip(w).step_by(width).copied().collect() };
        let dims = self.axes(id);
        let re = self.graph.leaf(Leaf::Constant(part(0)), dims.clone());
        let im = (width == 2).then(|| self.graph.leaf(Leaf::Constant(part(1)), dims.clone()));
        self.tensors.insert(
            id,
            Stored {
                value: (re, im),
                dims,
            },
        );
        Ok(())
    }

    /// The dimension of a letter.
    pub fn letter(&mut self, label: Label) -> Dim {
        if let Some(d) = self.letters.get(&label) {
            return *d;
        }
        let dim = self.graph.dim(self.model.label_size(label) as usize);
        self.letters.insert(label, dim);
        dim
    }

    pub fn dims_of(&mut self, labels: &[Label]) -> Vec<Dim> {
        labels.iter().map(|l| self.letter(*l)).collect()
    }

    /// The array with dimensions that it lacks added.
    pub fn spread(&mut self, x: Id, dims: &[Dim]) -> Id {
        let mut all = self.graph.dims(x).to_vec();
        all.extend(dims.iter().filter(|d| !self.graph.dims(x).contains(d)));
        self.graph.contract(&[x], &all)
    }

    pub fn node(&mut self, id: NodeId) -> Result<Pair> {
        if let Some(done) = self.nodes.get(&id) {
            return Ok(*done);
        }
        let node = self.model.node(id);
        for argument in node.op.arguments() {
            self.node(argument)?;
        }
        // A product that a sum is over is contracted with it: its own array is never made.
        if !self.is_folded(id) {
            self.room(node)?;
        }
        let value = self.operation(node)?;
        self.nodes.insert(id, value);
        Ok(value)
    }

    /// Whether a node is a product that a sum or a mean alone reads.
    fn is_folded(&self, id: NodeId) -> bool {
        let sums = |n: &Node| {
            matches!(
                n.op,
                Op::Reduce {
                    reduction: Reduction::Sum | Reduction::Mean,
                    ..
                }
            )
        };
        let mut readers = self
            .model
            .nodes
            .iter()
            .filter(|n| n.op.arguments().contains(&id));
        matches!(self.model.node(id).op, Op::Product { .. })
            && readers.clone().next().is_some()
            && readers.all(sums)
    }

    /// Refuses what has no room, before anything of it is made.
    fn room(&self, node: &Node) -> Result<()> {
        let samples = self.sample.map_or(1, |d| self.graph.sizes[d as usize]) as u128;
        let entries = node
            .labels
            .iter()
            .map(|l| u128::from(self.model.label_size(*l)))
            .fold(samples, u128::saturating_mul);
        match entries <= LARGEST as u128 {
            true => Ok(()),
            false => Err(too_large(entries).at(node.span)),
        }
    }

    /// A table over the values of some letters.
    pub fn table<X>(
        &self,
        labels: &[Label],
        mut entry: impl FnMut(&dyn Fn(Label) -> i64) -> Result<X>,
    ) -> Result<Arc<[X]>> {
        let sizes: Vec<usize> = labels
            .iter()
            .map(|l| self.model.label_size(*l) as usize)
            .collect();
        let count = sizes
            .iter()
            .try_fold(1_usize, |n, s| n.checked_mul(*s))
            .filter(|n| *n <= LARGEST);
        let Some(count) = count else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a table of indices has more than {LARGEST} entries"),
            ));
        };
        let mut table = Vec::with_capacity(count);
        let mut at = vec![0_i64; labels.len()];
        for _ in 0..count {
            let value = |l: Label| labels.iter().position(|x| *x == l).map_or(0, |p| at[p]);
            table.push(entry(&value)?);
            for (i, n) in at.iter_mut().zip(&sizes).rev() {
                *i += 1;
                if *i < *n as i64 {
                    break;
                }
                *i = 0;
            }
        }
        Ok(table.into())
    }

    pub fn known(&self) -> Known<'a> {
        Known {
            model: self.model,
            arrays: self.arrays,
        }
    }

    pub fn lookup(&self, tensor: TensorId, at: &[i64]) -> i64 {
        self.known().lookup(tensor, at)
    }

    pub fn letters_of(index: &[IndexExpr]) -> Vec<Label> {
        let mut labels = Vec::new();
        for e in index {
            e.for_each_label(&mut |l| {
                if !labels.contains(&l) {
                    labels.push(l);
                }
            });
        }
        labels
    }

    fn operation(&mut self, node: &Node) -> Result<Pair> {
        let done = |nodes: &HashMap<NodeId, Pair>, id: &NodeId| nodes[id];
        match &node.op {
            Op::Number(x) => Ok((self.graph.number(*x), None)),
            Op::Position(index) => {
                let labels = Self::letters_of(std::slice::from_ref(index));
                let table = self.table(&labels, |at| {
                    Ok(index.evaluate(&at, &|t, i| self.lookup(t, i)) as f64)
                })?;
                let dims = self.dims_of(&labels);
                Ok((self.graph.leaf(Leaf::Constant(table), dims), None))
            }
            Op::Access {
                tensor,
                index,
                zero,
            } => self.access(node, *tensor, index, *zero),
            Op::Product { factors, .. } => {
                let dims = self.dims_of(&node.labels);
                self.product(factors, &dims)
            }
            Op::Sum { terms } => {
                let dims = self.dims_of(&node.labels);
                let (mut re, mut im) = (Vec::new(), Vec::new());
                for term in terms {
                    let x = done(&self.nodes, &term.node);
                    let sign = if term.negative { -1.0 } else { 1.0 };
                    re.push((x.0, sign));
                    im.extend(x.1.map(|i| (i, sign)));
                }
                let re = self.total(&re, &dims);
                Ok((re, (!im.is_empty()).then(|| self.total(&im, &dims))))
            }
            Op::Map { function, argument } => {
                let x = done(&self.nodes, argument);
                Ok(self.function(*function, x))
            }
            Op::Power { base, exponent } => {
                let (b, e) = (done(&self.nodes, base), done(&self.nodes, exponent).0);
                self.power(node, b, (*exponent, e))
            }
            Op::Extreme { largest, pair } => {
                let [a, b] = [&pair[0], &pair[1]].map(|x| done(&self.nodes, x).0);
                // Of equals the first, as in a reduction.
                let (over, under) = if *largest { (b, a) } else { (a, b) };
                let excess = self.graph.plus(over, under, -1.0);
                Ok((self.graph.choose(excess, b, a), None))
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => {
                let mean = *reduction == Reduction::Mean;
                if let (true, Op::Product { factors, .. }) = (mean, &self.model.node(*argument).op)
                    && factors.len() > 2
                {
                    return self.mean_of_product(node, factors, over);
                }
                let x = done(&self.nodes, argument);
                let over = self.dims_of(over);
                Ok(self.reduce(*reduction, &over, x))
            }
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                let mut labels = Vec::new();
                condition.for_each_label(&mut |l| {
                    if !labels.contains(&l) {
                        labels.push(l);
                    }
                });
                let mask = self.table(&labels, |at| {
                    Ok(condition.evaluate(&at, &|t, i| self.lookup(t, i)))
                })?;
                let dims = self.dims_of(&labels);
                let (a, b) = (done(&self.nodes, then), done(&self.nodes, otherwise));
                let re = self.graph.select(&dims, mask.clone(), a.0, b.0);
                let im = (a.1.is_some() || b.1.is_some()).then(|| {
                    let zero = self.graph.number(0.0);
                    self.graph
                        .select(&dims, mask, a.1.unwrap_or(zero), b.1.unwrap_or(zero))
                });
                Ok((re, im))
            }
            Op::Axial {
                operation,
                over,
                eps,
                argument,
            } => {
                let x = done(&self.nodes, argument);
                let over = self.dims_of(over);
                let re = self.axial(*operation, &over, *eps, x.0);
                let im = x.1.map(|i| self.axial(*operation, &over, *eps, i));
                Ok((re?, im.transpose()?))
            }
            Op::Rope {
                over,
                argument,
                position,
                base,
                layout,
            } => {
                let (x, p) = (done(&self.nodes, argument).0, done(&self.nodes, position).0);
                let over = self.letter(*over);
                Ok((self.rope(over, x, p, *base, *layout), None))
            }
        }
    }

    /// A mean of products, whose letters are summed as those of the product are: written out first, it
    /// would be over all of them.
    fn mean_of_product(&mut self, node: &Node, factors: &[Factor], over: &[Label]) -> Result<Pair> {
        let dims = self.dims_of(&node.labels);
        let x = self.product(factors, &dims)?;
        let carried = |l: &&Label| {
            let mut carriers = factors.iter().map(|f| self.model.node(f.node));
            carriers.any(|n| n.labels.contains(l))
        };
        // What no factor has is the same in every term.
        let own = over.iter().filter(carried);
        let count: f64 = own.map(|l| self.model.label_size(*l) as f64).product();
        let mut scaled = |x: Id| self.graph.scaled(x, 1.0 / count);
        Ok((scaled(x.0), x.1.map(scaled)))
    }

    /// Terms added over all dimensions, also those that only some terms have.
    pub fn total(&mut self, terms: &[(Id, f64)], dims: &[Dim]) -> Id {
        let ids: Vec<Id> = terms.iter().map(|t| t.0).collect();
        let mut all = dims.to_vec();
        all.extend(
            self.graph
                .union(&ids)
                .into_iter()
                .filter(|d| !dims.contains(d)),
        );
        // A label of the node that no term has is no dimension yet; the user broadcasts.
        all.retain(|d| ids.iter().any(|i| self.graph.dims(*i).contains(d)));
        self.graph.combine(terms, &all)
    }

    fn access(
        &mut self,
        node: &Node,
        tensor: TensorId,
        index: &[IndexExpr],
        zero: bool,
    ) -> Result<Pair> {
        let Some(stored) = self.tensors.get(&tensor).cloned() else {
            let name = &self.model.tensor(tensor).name;
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{name}` has integer entries"),
            )
            .at(node.span));
        };
        let plain: Option<Vec<Label>> = index.iter().map(IndexExpr::as_label).collect();
        let distinct = |l: &Vec<Label>| (1..l.len()).all(|i| !l[..i].contains(&l[i]));
        if let Some(labels) = plain.filter(distinct) {
            let letters = self.dims_of(&labels);
            let names: Vec<(Dim, Dim)> = stored.dims.iter().copied().zip(letters).collect();
            let re = self.graph.rename(stored.value.0, &names);
            return Ok((re, stored.value.1.map(|i| self.graph.rename(i, &names))));
        }
        // An axis that is read by a letter of its own passes through.
        let passes = |k: usize| {
            let label = index[k].as_label()?;
            let elsewhere = (0..index.len()).filter(|j| *j != k);
            let mut alone = true;
            for j in elsewhere {
                index[j].for_each_label(&mut |l| alone &= l != label);
            }
            alone.then_some(label)
        };
        let passing: Vec<Option<Label>> = (0..index.len()).map(passes).collect();
        let read: Vec<usize> = (0..index.len()).filter(|k| passing[*k].is_none()).collect();
        let shape = self.model.shape(tensor);
        let expressions: Vec<IndexExpr> = read.iter().map(|k| index[*k].clone()).collect();
        let labels = Self::letters_of(&expressions);
        let table = self.table(&labels, |at| {
            let mut flat = 0_i64;
            for k in &read {
                let (expression, size) = (&index[*k], shape[*k]);
                let value = expression.evaluate(&at, &|t, i| self.lookup(t, i));
                if value < 0 || value as u64 >= size {
                    if zero {
                        return Ok(-1);
                    }
                    let name = &self.model.tensor(tensor).name;
                    let message = format!(
                        "index {value} is outside of `{name}`, whose axis has {size} values"
                    );
                    return Err(Error::new(ErrorKind::Index, message)
                        .at(node.span)
                        .remedy("entries outside are zero inside zero(…)"));
                }
                flat = flat * size as i64 + value;
            }
            i32::try_from(flat).map_err(|_| {
                Error::new(
                    ErrorKind::Unsupported,
                    "a tensor has more than 2^31 entries",
                )
            })
        })?;
        let letters = self.dims_of(&labels);
        let consumed: Vec<Dim> = read.iter().map(|k| stored.dims[*k]).collect();
        let mut names: Vec<(Dim, Dim)> = Vec::new();
        for (label, own) in passing.iter().zip(&stored.dims) {
            if let Some(label) = label {
                names.push((*own, self.letter(*label)));
            }
        }
        let mut gather = |x: Id| {
            let named = self.graph.rename(x, &names);
            self.graph.gather(named, &consumed, &letters, table.clone())
        };
        Ok((gather(stored.value.0), stored.value.1.map(&mut gather)))
    }
}

/// An array of so many entries has no room.
pub(super) fn too_large(entries: u128) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("an array of {entries} entries is more than a program holds"),
    )
    .remedy("take smaller axes, or fewer samples or replicas at a time")
}
