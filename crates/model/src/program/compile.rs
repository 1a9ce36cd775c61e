//! From a lowered model and a task to the graph's roots, and to the ports of a program.

use super::differentiate::{jvp, vjp};
use super::graph::{Dim, Graph, Id, Leaf, Op, REPLICA};
use super::lower::Lowering;
use super::plan::Plan;
use super::port::Port;
use super::{Layout, Options, Program, Task};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::Source;
use std::collections::HashMap;
use std::sync::Arc;

/// Strides of a row-major array whose last entries are `step` apart.
pub(super) fn strided(dims: &[Dim], step: usize, sizes: &[usize]) -> Vec<(Dim, usize)> {
    let mut stride = step;
    let mut found: Vec<(Dim, usize)> = Vec::new();
    for d in dims.iter().rev() {
        found.push((*d, stride));
        stride *= sizes[*d as usize];
    }
    found.reverse();
    found
}

/// One weight per sample: there are never so many outputs.
const WEIGHTS: Leaf = Leaf::Cotangent(usize::MAX, 0);

/// An array of the caller before planning: node, dimensions with strides, start.
pub(super) type Part = (Id, Vec<(Dim, usize)>, usize);

/// A result: its length, and its parts.
pub(super) type Whole = (usize, Vec<Part>);

/// A leaf and where the caller's array has it: dimensions with strides, start.
pub(super) type Place = (Leaf, Vec<(Dim, usize)>, usize);

pub(super) struct Compiler<'l, 'm> {
    lowering: &'l mut Lowering<'m>,
    /// Parameters: leaves of each part, own dimensions, start in θ.
    blocks: Vec<(Vec<Id>, Vec<Dim>, usize)>,
    /// Outputs: parts, own dimensions, start in F.
    outputs: Vec<(Vec<Id>, Vec<Dim>, usize)>,
    options: Options,
    /// Numbers per entry: replicas.
    repeat: usize,
    d: usize,
    m: usize,
}

impl<'l, 'm> Compiler<'l, 'm> {
    pub(super) fn new(
        lowering: &'l mut Lowering<'m>,
        options: Options,
    ) -> Result<Compiler<'l, 'm>> {
        let model = lowering.model;
        let repeat = match options.layout {
            Layout::Single => 1,
            Layout::Replicas(n) | Layout::Wide(n) => n.max(1),
        };
        let (mut blocks, mut d) = (Vec::new(), 0);
        for id in model.parameters() {
            let stored = lowering.tensors[&id].clone();
            let parts: Vec<Id> = std::iter::once(stored.value.0)
                .chain(stored.value.1)
                .collect();
            blocks.push((parts, stored.dims, d));
            d += model.entries(id) as usize * model.tensor(id).field.width();
        }
        let (mut outputs, mut m) = (Vec::new(), 0);
        for id in &model.outputs {
            let stored = lowering.tensors[id].clone();
            let carried: Vec<Dim> = lowering
                .sample
                .into_iter()
                .chain(stored.dims.iter().copied())
                .collect();
            let full: Vec<Id> = std::iter::once(stored.value.0)
                .chain(stored.value.1)
                .map(|x| lowering.spread(x, &carried))
                .collect();
            let width = model.tensor(*id).field.width();
            outputs.push((full, stored.dims, m));
            m += model.entries(*id) as usize * width;
        }
        Ok(Compiler {
            lowering,
            blocks,
            outputs,
            options,
            repeat,
            d,
            m,
        })
    }

    fn graph(&mut self) -> &mut Graph {
        &mut self.lowering.graph
    }

    /// Strides of an entry's dimensions and of the replicas, innermost.
    fn entries(&self, dims: &[Dim], width: usize) -> Vec<(Dim, usize)> {
        let mut found = strided(dims, width * self.repeat, &self.lowering.graph.sizes);
        found.push((REPLICA, 1));
        found
    }

    /// F, or arrays like it, as parts of one result: samples first. A complex entry is two numbers.
    fn like_outputs(&self, nodes: &[Vec<Id>]) -> (usize, Vec<Part>) {
        let mut parts = Vec::new();
        for ((_, dims, start), own) in self.outputs.iter().zip(nodes) {
            for (w, node) in own.iter().enumerate() {
                let sample = self.lowering.sample.map(|s| (s, self.m * self.repeat));
                let all = sample
                    .into_iter()
                    .chain(self.entries(dims, own.len()))
                    .collect();
                parts.push((*node, all, (start + w) * self.repeat));
            }
        }
        (self.options.samples.max(1) * self.m * self.repeat, parts)
    }

    fn like_theta(
        &self,
        nodes: &[Vec<Option<Id>>],
        rows: Option<Dim>,
        zero: Id,
    ) -> (usize, Vec<Part>) {
        let mut parts = Vec::new();
        for ((_, dims, start), own) in self.blocks.iter().zip(nodes) {
            for (w, node) in own.iter().enumerate() {
                let row = rows.map(|r| (r, self.d * self.repeat));
                let all = row
                    .into_iter()
                    .chain(self.entries(dims, own.len()))
                    .collect();
                parts.push((node.unwrap_or(zero), all, (start + w) * self.repeat));
            }
        }
        (rows.map_or(1, |_| self.m) * self.d * self.repeat, parts)
    }

    /// The leaves of θ, in order.
    pub(super) fn theta(&self) -> Vec<Id> {
        self.blocks
            .iter()
            .flat_map(|b| b.0.iter().copied())
            .collect()
    }

    /// Where the caller's arrays enter: θ, directions, inputs, cotangents.
    pub(super) fn leaves(&self) -> [Vec<Place>; 3] {
        let model = self.lowering.model;
        let (mut theta, mut cotangents, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (parts, dims, start)) in self.blocks.iter().enumerate() {
            for w in 0..parts.len() {
                theta.push((
                    Leaf::Theta(number, w),
                    self.entries(dims, parts.len()),
                    (start + w) * self.repeat,
                ));
            }
        }
        for (number, (parts, dims, start)) in self.outputs.iter().enumerate() {
            for w in 0..parts.len() {
                let sample = self.lowering.sample.map(|s| (s, self.m * self.repeat));
                let all = sample
                    .into_iter()
                    .chain(self.entries(dims, parts.len()))
                    .collect();
                cotangents.push((Leaf::Cotangent(number, w), all, (start + w) * self.repeat));
            }
        }
        let weighted = [Task::WeightedGradient, Task::WeightedGradientAlong];
        if weighted.contains(&self.options.task) {
            let sample = self.lowering.sample.map(|s| (s, self.repeat));
            let all = sample.into_iter().chain([(REPLICA, 1)]).collect();
            cotangents = vec![(WEIGHTS, all, 0)];
        }
        let real: Vec<_> = model
            .inputs()
            .filter(|i| matches!(model.tensor(*i).source, Source::Input { index: None, .. }))
            .collect();
        let width = |i: &crate::expression::TensorId| model.tensor(*i).field.width();
        let per_sample: usize = real
            .iter()
            .map(|i| model.entries(*i) as usize * width(i))
            .sum();
        let own = self.options.inputs_per_replica.then_some(REPLICA);
        let repeat = own.map_or(1, |_| self.repeat);
        let mut start = 0;
        for (number, id) in real.iter().enumerate() {
            for w in 0..width(id) {
                let dims = &self.lowering.tensors[id].dims;
                let sample = self.lowering.sample.map(|s| (s, per_sample * repeat));
                let entries = strided(dims, width(id) * repeat, &self.lowering.graph.sizes);
                let all = sample
                    .into_iter()
                    .chain(entries)
                    .chain(own.map(|r| (r, 1)))
                    .collect();
                inputs.push((Leaf::Input(number, w), all, (start + w) * repeat));
            }
            start += model.entries(*id) as usize * width(id);
        }
        [theta, inputs, cotangents]
    }

    fn values(&self) -> Vec<Vec<Id>> {
        self.outputs.iter().map(|o| o.0.clone()).collect()
    }

    pub(super) fn results(&mut self, task: Task) -> Result<Vec<Whole>> {
        let zero = self.graph().number(0.0);
        let values = self.values();
        Ok(match task {
            Task::Value => vec![self.like_outputs(&values)],
            Task::Loss => vec![self.loss()?.1],
            Task::LossGradient => {
                let (loss, gradient) = self.gradient(zero)?;
                vec![loss, gradient]
            }
            Task::Gradient => vec![self.gradient(zero)?.1],
            Task::WeightedGradient => {
                let gradient = self.weighted()?;
                vec![self.like_theta(&gradient, None, zero)]
            }
            Task::WeightedGradientAlong => {
                let gradient = self.weighted()?;
                vec![self.slope(&gradient, zero)]
            }
            Task::Jvp => {
                let tangents = self.push(&values, 0);
                vec![self.like_outputs(&values), self.like_outputs(&tangents)]
            }
            Task::SecondDerivative => {
                let first = self.push(&values, 0);
                let second = self.push(&first, 1);
                vec![self.like_outputs(&second)]
            }
            Task::VjpAlong => {
                let pulled = self.pullback(&values);
                vec![self.slope(&pulled, zero)]
            }
            Task::Vjp => {
                let pulled = self.pullback(&values);
                vec![
                    self.like_outputs(&values),
                    self.like_theta(&pulled, None, zero),
                ]
            }
            Task::Jacobian => {
                if self.options.samples > 1 {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        "a Jacobian is computed one sample at a time",
                    ));
                }
                let m = self.m;
                let rows = self.graph().dim(m);
                let mut seeds = Vec::new();
                for (parts, dims, start) in self.outputs.clone() {
                    let width = parts.len();
                    let count: usize = dims
                        .iter()
                        .map(|d| self.lowering.graph.sizes[*d as usize])
                        .product();
                    for (w, node) in parts.into_iter().enumerate() {
                        let entry = |k: usize| {
                            f64::from(u8::from(k / count == start + (k % count) * width + w))
                        };
                        let unit: Arc<[f64]> = (0..m * count).map(entry).collect();
                        let all: Vec<Dim> =
                            std::iter::once(rows).chain(dims.iter().copied()).collect();
                        let identity = self.graph().leaf(Leaf::Constant(unit), all);
                        let mut full = self.graph().dims(node).to_vec();
                        full.push(rows);
                        let seed = self.graph().contract(&[identity], &full);
                        seeds.push((node, seed));
                    }
                }
                let pulled = self.pull(&seeds);
                vec![self.like_theta(&pulled, Some(rows), zero)]
            }
        })
    }

    /// L and ∇L.
    fn gradient(&mut self, zero: Id) -> Result<(Whole, Whole)> {
        let (loss, result) = self.loss()?;
        let one = self.graph().number(1.0);
        let dims = self.graph().dims(loss).to_vec();
        let seed = self.graph().contract(&[one], &dims);
        let gradient = self.pull(&[(loss, seed)]);
        Ok((result, self.like_theta(&gradient, None, zero)))
    }

    /// Jᵀc.
    fn pullback(&mut self, values: &[Vec<Id>]) -> Vec<Vec<Option<Id>>> {
        let mut seeds = Vec::new();
        for (k, parts) in values.iter().enumerate() {
            for (w, node) in parts.iter().enumerate() {
                let dims = self.graph().dims(*node).to_vec();
                seeds.push((*node, self.graph().leaf(Leaf::Cotangent(k, w), dims)));
            }
        }
        self.pull(&seeds)
    }

    /// The derivative along the first direction of numbers that lie as θ does.
    fn slope(&mut self, nodes: &[Vec<Option<Id>>], zero: Id) -> Whole {
        let known: Vec<Vec<Id>> = nodes
            .iter()
            .map(|own| own.iter().map(|x| x.unwrap_or(zero)).collect())
            .collect();
        let tangents: Vec<Vec<Option<Id>>> = self
            .push(&known, 0)
            .into_iter()
            .map(|own| own.into_iter().map(Some).collect())
            .collect();
        self.like_theta(&tangents, None, zero)
    }

    /// Σ_i c_i ∇L_i: the pullback of the weights themselves.
    fn weighted(&mut self) -> Result<Vec<Vec<Option<Id>>>> {
        let (losses, divisor) = self.losses()?;
        let dims = self.graph().dims(losses).to_vec();
        let weights = self.graph().leaf(WEIGHTS, dims);
        let seed = self.graph().scaled(weights, 1.0 / divisor);
        Ok(self.pull(&[(losses, seed)]))
    }

    /// The loss of each sample before division, and what divides it.
    fn losses(&mut self) -> Result<(Id, f64)> {
        let Some(loss) = &self.lowering.model.loss else {
            return Err(Error::new(ErrorKind::Unsupported, "the model has no loss")
                .remedy("add [loss] with a kind: mse, cross_entropy, logistic or expression"));
        };
        let node = self.lowering.node(loss.node)?.0;
        let divisor = self
            .lowering
            .model
            .loss_divisor(self.options.samples.max(1));
        let carried: Vec<Dim> = self.lowering.sample.into_iter().collect();
        Ok((self.lowering.spread(node, &carried), divisor))
    }

    fn loss(&mut self) -> Result<(Id, Whole)> {
        let (full, divisor) = self.losses()?;
        let total = self.graph().contract(&[full], &[]);
        let mean = self.graph().scaled(total, 1.0 / divisor);
        Ok((mean, (self.repeat, vec![(mean, vec![(REPLICA, 1)], 0)])))
    }

    /// Tangents of nodes for the direction of this number.
    fn push(&mut self, nodes: &[Vec<Id>], number: usize) -> Vec<Vec<Id>> {
        let mut seeds = HashMap::new();
        for (block, (parts, _, _)) in self.blocks.clone().iter().enumerate() {
            for (w, leaf) in parts.iter().enumerate() {
                let dims = self.graph().dims(*leaf).to_vec();
                seeds.insert(
                    *leaf,
                    self.graph().leaf(Leaf::Direction(number, block, w), dims),
                );
            }
        }
        let flat: Vec<Id> = nodes.iter().flatten().copied().collect();
        let mut tangents = jvp(self.graph(), &flat, &seeds).into_iter();
        let zero = self.graph().number(0.0);
        nodes
            .iter()
            .map(|own| {
                own.iter()
                    .map(|_| tangents.next().flatten().unwrap_or(zero))
                    .collect()
            })
            .collect()
    }

    /// Cotangents of the parameters.
    fn pull(&mut self, seeds: &[(Id, Id)]) -> Vec<Vec<Option<Id>>> {
        let leaves = self.theta();
        let mut found = vjp(self.graph(), seeds, &leaves).into_iter();
        self.blocks
            .iter()
            .map(|b| b.0.iter().map(|_| found.next().flatten()).collect())
            .collect()
    }
}

pub(super) fn assemble<T>(
    graph: &Graph,
    plan: Plan,
    results: &[Whole],
    gradient: Option<usize>,
    leaves: &[Vec<Place>; 3],
) -> Program<T> {
    let port = |id: Id, dims: &[(Dim, usize)], start: usize| {
        Port::new(&plan.slots[&id], dims, start, &graph.sizes)
    };
    let (mut theta, mut inputs, mut cotangents) = (Vec::new(), Vec::new(), Vec::new());
    let mut directions = [Vec::new(), Vec::new()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (id, Op::Leaf(leaf)) = (id as Id, &node.op) else {
            continue;
        };
        // A direction lies as θ does.
        let (number, like) = match leaf {
            Leaf::Direction(number, block, part) => (Some(*number), Leaf::Theta(*block, *part)),
            other => (None, other.clone()),
        };
        let place = leaves
            .iter()
            .enumerate()
            .find_map(|(k, all)| all.iter().find(|l| l.0 == like).map(|l| (k, l)));
        let (Some((kind, (_, dims, start))), true) = (place, plan.slots.contains_key(&id)) else {
            continue;
        };
        let found = port(id, dims, *start);
        match (number, kind) {
            (Some(number), _) => directions[number].push(found),
            (None, 0) => theta.push(found),
            (None, 1) => inputs.push(found),
            _ => cotangents.push(found),
        }
    }
    let results = results
        .iter()
        .enumerate()
        .map(|(number, (len, parts))| {
            let own = |k: usize, (id, dims, start): &Part| match gradient == Some(number) {
                true => Port::new(&plan.gradient[k], dims, *start, &graph.sizes),
                false => port(*id, dims, *start),
            };
            (
                *len,
                parts.iter().enumerate().map(|(k, p)| own(k, p)).collect(),
            )
        })
        .collect();
    Program {
        id: super::fresh(),
        sizes: graph.sizes.clone(),
        plan,
        theta,
        directions,
        inputs,
        cotangents,
        results,
        replicas: (1, 1),
        inputs_move: false,
        positions: Vec::new(),
        element: std::marker::PhantomData,
    }
}
