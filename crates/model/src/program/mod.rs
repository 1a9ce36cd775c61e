//! The compiled form of a model: array operations over lanes, in f64 or f32.
//!
//! [`Program::compile`] turns the checked expression and a [`Task`] (value, loss and gradient, jvp,
//! vjp, Jacobian, second directional derivative) into steps over one arena. The [`Layout`] decides
//! what runs along the lanes of a vector: the replicas of an ensemble, or for a single run an axis
//! of each array. Both use the same kernels and the same order of sums: a replica has the bits of a
//! single run. A run allocates nothing and dispatches once per step.

mod contraction;
mod differentiate;
mod graph;
mod kernel;
mod lower;
mod operation;
mod plan;
mod slot;
#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Divisor, Model, Source};
use crate::scalar::Arrays;
use differentiate::{jvp, vjp};
use graph::{Dim, Graph, Id, Leaf, Op};
use lower::Lowering;
use plan::{Plan, Step};
use slot::{Loop, Slot, each};
use std::collections::HashMap;
use std::rc::Rc;
use symbias_numerics::lanes::{Real, Simd, dispatch, level};

/// What a program computes; results in the order named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// F(θ): m numbers (per sample).
    Value,
    /// L(θ): one number.
    Loss,
    /// L(θ), ∇L(θ): one number and d.
    LossGradient,
    /// F(θ), J(θ)v for one direction v of length d.
    Jvp,
    /// F(θ), J(θ)ᵀc for a cotangent c of length m.
    Vjp,
    /// J(θ), m rows of length d.
    Jacobian,
    /// D²F(θ)[v, w] for two directions.
    SecondDerivative,
}

/// What runs along lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One parameter vector; lanes are axes of the model.
    Single,
    /// So many parameter vectors at once, entry by entry: `theta[i·R + r]`.
    Replicas(usize),
}

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What to compute.
    pub task: Task,
    /// What runs along lanes.
    pub layout: Layout,
    /// Samples per run; F has them first, the loss sums over them.
    pub samples: usize,
    /// Whether each replica has inputs of its own (innermost, as in θ).
    pub inputs_per_replica: bool,
}

impl Options {
    /// One sample, inputs shared by all replicas.
    #[must_use]
    pub fn new(task: Task, layout: Layout) -> Options {
        Options { task, layout, samples: 1, inputs_per_replica: false }
    }
}

/// An array of the arena and where its entries are in the caller's.
#[derive(Clone, Debug)]
struct Port {
    /// Positions of the first entry: arena, caller.
    at: [usize; 2],
    /// Strides: arena, caller.
    loops: Vec<Loop<2>>,
}

/// A compiled model for elements T.
#[derive(Clone, Debug)]
pub struct Program<T> {
    plan: Plan,
    sizes: Vec<usize>,
    theta: Vec<Port>,
    directions: [Vec<Port>; 2],
    inputs: Vec<Port>,
    cotangents: Vec<Port>,
    results: Vec<(usize, Vec<Port>)>,
    /// Replicas in all, and in one tile.
    replicas: (usize, usize),
    inputs_move: bool,
    element: std::marker::PhantomData<T>,
}

/// The arena of a program: everything that a run writes. It begins at a cache line, so that no
/// vector is split between two.
#[derive(Debug)]
pub struct Workspace<T> {
    memory: Vec<T>,
    start: usize,
}

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

impl<T: Real> Workspace<T> {
    fn new(len: usize) -> Workspace<T> {
        let memory = vec![T::ZERO; len + LINE / size_of::<T>()];
        let start = memory.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        Workspace { memory, start }
    }

    fn arena(&mut self) -> &mut [T] {
        &mut self.memory[self.start..]
    }
}

impl<T: Real> Clone for Workspace<T> {
    fn clone(&self) -> Workspace<T> {
        let arena = &self.memory[self.start..];
        let mut copy = Workspace::new(arena.len());
        copy.arena()[..arena.len()].copy_from_slice(arena);
        copy
    }
}

/// What a run reads.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a, T> {
    /// d numbers, or d·R.
    pub theta: &'a [T],
    /// The real inputs in declared order, entry by entry, samples then replicas innermost.
    pub inputs: &'a [T],
    /// Directions of jvp and second derivatives, each as θ.
    pub directions: &'a [&'a [T]],
    /// The cotangent of a vjp, laid out as F.
    pub cotangent: &'a [T],
}

impl<'a, T> Arguments<'a, T> {
    /// A point and inputs.
    #[must_use]
    pub fn at(theta: &'a [T], inputs: &'a [T]) -> Arguments<'a, T> {
        Arguments { theta, inputs, directions: &[], cotangent: &[] }
    }
}

impl<T: Real + std::ops::AddAssign> Program<T> {
    /// Compiles a model whose blocks are all in the graph. Integer inputs are those of `arrays`.
    ///
    /// # Errors
    /// A loss that is asked for and not declared; an index that leaves its tensor; a constant that
    /// is missing; tables beyond memory.
    pub fn compile(model: &Model, arrays: &Arrays, options: Options) -> Result<Program<T>> {
        // Replicas run a vector at a time: what they touch stays in the nearest cache.
        let tile = match options.layout {
            Layout::Single => None,
            Layout::Replicas(n) => Some(n.clamp(1, T::VIRTUAL_LANES)),
        };
        let mut lowering = Lowering::new(model, arrays, tile, options.samples, options.inputs_per_replica);
        lowering.all()?;
        let mut compiler = Compiler::new(&mut lowering, options)?;
        let results = compiler.results(options.task)?;
        let leaves = compiler.leaves();
        let roots: Vec<Id> = results.iter().flat_map(|r| r.1.iter().map(|p| p.0)).collect();
        let plan = plan::plan(&lowering.graph, &roots, lowering.replica, T::VIRTUAL_LANES)?;
        let mut program = assemble(&lowering.graph, plan, &results, &leaves);
        if let (Layout::Replicas(n), Some(tile)) = (options.layout, tile) {
            program.replicas = (n.max(1), tile);
            program.inputs_move = options.inputs_per_replica;
        }
        Ok(program)
    }

    /// Numbers of a result: Value 0 is F; LossGradient 0 is L and 1 is ∇L; and so on.
    #[must_use]
    pub fn result_len(&self, result: usize) -> usize {
        self.results.get(result).map_or(0, |r| r.0)
    }

    /// Multiply-adds of contractions per run of all replicas, counted as two operations each.
    #[must_use]
    pub fn operations(&self) -> f64 {
        let (replicas, tile) = self.replicas;
        self.plan.operations / tile as f64 * replicas as f64
    }

    /// An arena with the constants in it.
    #[must_use]
    pub fn workspace(&self) -> Workspace<T> {
        // A vector read may begin at the last number.
        let mut workspace = Workspace::new(self.plan.len + T::VIRTUAL_LANES);
        for (slot, entries, dims) in &self.plan.constants {
            let port = Port::new(slot, &strided(dims, 1, &self.sizes), 0, &self.sizes);
            let entries: Vec<T> = entries.iter().map(|x| T::from_f64(*x)).collect();
            port.load(0, &entries, workspace.arena());
        }
        workspace
    }

    /// Runs the program and copies its results, entry by entry, samples before the entries of F,
    /// replicas innermost. Nothing is allocated.
    ///
    /// # Panics
    /// If an argument or a result is too short, or the workspace is that of another program.
    pub fn run(&self, workspace: &mut Workspace<T>, arguments: &Arguments<'_, T>, results: &mut [&mut [T]]) {
        let arena = workspace.arena();
        assert!(arena.len() >= self.plan.len + T::VIRTUAL_LANES, "a workspace of another program");
        let (replicas, tile) = self.replicas;
        let level = level();
        let mut done = 0;
        while done < replicas {
            // The last tile goes back to replicas that have been computed, to the same bits.
            let first = done.min(replicas - tile);
            let inputs = if self.inputs_move { first } else { 0 };
            self.theta.iter().for_each(|p| p.load(first, arguments.theta, arena));
            self.inputs.iter().for_each(|p| p.load(inputs, arguments.inputs, arena));
            for (ports, direction) in self.directions.iter().zip(arguments.directions) {
                ports.iter().for_each(|p| p.load(first, direction, arena));
            }
            self.cotangents.iter().for_each(|p| p.load(first, arguments.cotangent, arena));
            for step in &self.plan.steps {
                dispatch!(level, simd => execute(simd, step, arena));
            }
            for ((_, ports), into) in self.results.iter().zip(results.iter_mut()) {
                ports.iter().for_each(|p| p.store(first, arena, into));
            }
            done += tile;
        }
    }
}

#[inline(always)]
fn execute<S: Simd, T: Real + std::ops::AddAssign>(simd: S, step: &Step, arena: &mut [T]) {
    match step {
        Step::Rows(step) => kernel::rows::<S, T>(simd, step, arena),
        Step::Contraction(step) => contraction::contraction::<S, T>(simd, step, arena),
        Step::Total(step) => contraction::total::<S, T>(simd, step, arena),
        Step::Reduce(step) => kernel::reduce::<S, T>(simd, step, arena),
        Step::FirstMax(step) => kernel::first_max::<S, T>(simd, step, arena),
        Step::Move(step) => kernel::moves::<T>(step, arena),
    }
}

impl Port {
    fn new(slot: &Slot, dims: &[(Dim, usize)], start: usize, sizes: &[usize]) -> Port {
        let stride = |d: Dim| slot.stride(d).unwrap_or(0);
        let mut loops: Vec<Loop<2>> = Vec::new();
        for (d, caller) in dims.iter().filter(|d| sizes[d.0 as usize] != 1) {
            let (size, strides) = (sizes[*d as usize], [stride(*d), *caller]);
            match loops.last_mut() {
                Some(last) if last.strides[0] == strides[0] * size && last.strides[1] == strides[1] * size => {
                    *last = Loop { size: last.size * size, strides };
                }
                _ => loops.push(Loop { size, strides }),
            }
        }
        Port { at: [slot.offset, start], loops }
    }

    /// Visits (arena, caller) positions of runs of numbers, with the strides in a run.
    #[inline(always)]
    fn runs(&self, mut visit: impl FnMut([usize; 2], &Loop<2>)) {
        let one = Loop { size: 1, strides: [1, 1] };
        match self.loops.split_last() {
            Some((last, outer)) => each(outer, self.at, #[inline(always)] |at| visit(at, last)),
            None => visit(self.at, &one),
        }
    }

    /// The loops with the roles of the two arrays exchanged, on the stack.
    fn vectors(&self, exchange: impl Fn([usize; 2]) -> [usize; 2]) -> [Loop<2>; slot::DEEPEST] {
        let mut loops = [Loop { size: 1, strides: [0, 0] }; slot::DEEPEST];
        for (to, from) in loops.iter_mut().zip(&self.loops) {
            *to = Loop { size: from.size, strides: exchange(from.strides) };
        }
        loops
    }

    /// Whether the innermost run is one vector: the replicas of a tile.
    fn is_of_vectors<T: Real>(&self) -> bool {
        self.loops.last().is_some_and(|l| l.strides == [1, 1] && l.size == T::VIRTUAL_LANES)
    }

    /// `first` is the replica that the arena's first one is.
    fn load<T: Real>(&self, first: usize, from: &[T], arena: &mut [T]) {
        let from = &from[first..];
        if self.is_of_vectors::<T>() {
            let loops = self.vectors(|[arena, caller]| [caller, arena]);
            let outer = &loops[..self.loops.len() - 1];
            return dispatch!(level(), simd => kernel::copies(simd, outer, [self.at[1], self.at[0]], from, arena));
        }
        self.runs(|[a, c], run| {
            if run.strides == [1, 1] {
                arena[a..a + run.size].copy_from_slice(&from[c..c + run.size]);
            } else {
                (0..run.size).for_each(|k| arena[a + k * run.strides[0]] = from[c + k * run.strides[1]]);
            }
        });
    }

    fn store<T: Real>(&self, first: usize, arena: &[T], into: &mut [T]) {
        let into = &mut into[first..];
        if self.is_of_vectors::<T>() {
            let outer = &self.loops[..self.loops.len() - 1];
            return dispatch!(level(), simd => kernel::copies(simd, outer, self.at, arena, into));
        }
        self.runs(|[a, c], run| {
            if run.strides == [1, 1] {
                into[c..c + run.size].copy_from_slice(&arena[a..a + run.size]);
            } else {
                (0..run.size).for_each(|k| into[c + k * run.strides[1]] = arena[a + k * run.strides[0]]);
            }
        });
    }
}

/// Strides of a row-major array whose last entries are `step` apart.
fn strided(dims: &[Dim], step: usize, sizes: &[usize]) -> Vec<(Dim, usize)> {
    let mut stride = step;
    let mut found: Vec<(Dim, usize)> = Vec::new();
    for d in dims.iter().rev() {
        found.push((*d, stride));
        stride *= sizes[*d as usize];
    }
    found.reverse();
    found
}

/// An array of the caller before planning: node, dimensions with strides, start.
type Part = (Id, Vec<(Dim, usize)>, usize);

struct Compiler<'l, 'm> {
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
    fn new(lowering: &'l mut Lowering<'m>, options: Options) -> Result<Compiler<'l, 'm>> {
        let model = lowering.model;
        let repeat = match options.layout {
            Layout::Single => 1,
            Layout::Replicas(n) => n.max(1),
        };
        let (mut blocks, mut d) = (Vec::new(), 0);
        for id in model.parameters() {
            let stored = lowering.tensors[&id].clone();
            let parts: Vec<Id> = std::iter::once(stored.value.0).chain(stored.value.1).collect();
            blocks.push((parts, stored.dims, d));
            d += model.entries(id) as usize * model.tensor(id).field.width();
        }
        let (mut outputs, mut m) = (Vec::new(), 0);
        for id in &model.outputs {
            let stored = lowering.tensors[id].clone();
            let carried: Vec<Dim> = lowering.sample.into_iter().chain(lowering.replica).chain(stored.dims.iter().copied()).collect();
            let full: Vec<Id> = std::iter::once(stored.value.0).chain(stored.value.1).map(|x| lowering.spread(x, &carried)).collect();
            let width = model.tensor(*id).field.width();
            outputs.push((full, stored.dims, m));
            m += model.entries(*id) as usize * width;
        }
        Ok(Compiler { lowering, blocks, outputs, options, repeat, d, m })
    }

    fn graph(&mut self) -> &mut Graph {
        &mut self.lowering.graph
    }

    /// Strides of an entry's dimensions and of the replicas, innermost.
    fn entries(&self, dims: &[Dim], width: usize) -> Vec<(Dim, usize)> {
        let mut found = strided(dims, width * self.repeat, &self.lowering.graph.sizes);
        found.extend(self.lowering.replica.map(|r| (r, 1)));
        found
    }

    /// F, or arrays like it, as parts of one result: samples first. A complex entry is two numbers.
    fn like_outputs(&self, nodes: &[Vec<Id>]) -> (usize, Vec<Part>) {
        let mut parts = Vec::new();
        for ((_, dims, start), own) in self.outputs.iter().zip(nodes) {
            for (w, node) in own.iter().enumerate() {
                let sample = self.lowering.sample.map(|s| (s, self.m * self.repeat));
                let all = sample.into_iter().chain(self.entries(dims, own.len())).collect();
                parts.push((*node, all, (start + w) * self.repeat));
            }
        }
        (self.options.samples.max(1) * self.m * self.repeat, parts)
    }

    fn like_theta(&self, nodes: &[Vec<Option<Id>>], rows: Option<Dim>, zero: Id) -> (usize, Vec<Part>) {
        let mut parts = Vec::new();
        for ((_, dims, start), own) in self.blocks.iter().zip(nodes) {
            for (w, node) in own.iter().enumerate() {
                let row = rows.map(|r| (r, self.d * self.repeat));
                let all = row.into_iter().chain(self.entries(dims, own.len())).collect();
                parts.push((node.unwrap_or(zero), all, (start + w) * self.repeat));
            }
        }
        (rows.map_or(1, |_| self.m) * self.d * self.repeat, parts)
    }

    /// Where the caller's arrays enter: θ, directions, inputs, cotangents.
    fn leaves(&self) -> [Vec<(Leaf, Vec<(Dim, usize)>, usize)>; 3] {
        let model = self.lowering.model;
        let (mut theta, mut cotangents, mut inputs) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (parts, dims, start)) in self.blocks.iter().enumerate() {
            for w in 0..parts.len() {
                theta.push((Leaf::Theta(number, w), self.entries(dims, parts.len()), (start + w) * self.repeat));
            }
        }
        for (number, (parts, dims, start)) in self.outputs.iter().enumerate() {
            for w in 0..parts.len() {
                let sample = self.lowering.sample.map(|s| (s, self.m * self.repeat));
                let all = sample.into_iter().chain(self.entries(dims, parts.len())).collect();
                cotangents.push((Leaf::Cotangent(number, w), all, (start + w) * self.repeat));
            }
        }
        let real: Vec<_> =
            model.inputs().filter(|i| matches!(model.tensor(*i).source, Source::Input { index: None, .. })).collect();
        let width = |i: &crate::expression::TensorId| model.tensor(*i).field.width();
        let per_sample: usize = real.iter().map(|i| model.entries(*i) as usize * width(i)).sum();
        let own = self.lowering.replica.filter(|_| self.options.inputs_per_replica);
        let repeat = own.map_or(1, |_| self.repeat);
        let mut start = 0;
        for (number, id) in real.iter().enumerate() {
            for w in 0..width(id) {
                let dims = &self.lowering.tensors[id].dims;
                let sample = self.lowering.sample.map(|s| (s, per_sample * repeat));
                let entries = strided(dims, width(id) * repeat, &self.lowering.graph.sizes);
                let all = sample.into_iter().chain(entries).chain(own.map(|r| (r, 1))).collect();
                inputs.push((Leaf::Input(number, w), all, (start + w) * repeat));
            }
            start += model.entries(*id) as usize * width(id);
        }
        [theta, inputs, cotangents]
    }

    fn values(&self) -> Vec<Vec<Id>> {
        self.outputs.iter().map(|o| o.0.clone()).collect()
    }

    fn results(&mut self, task: Task) -> Result<Vec<(usize, Vec<Part>)>> {
        let zero = self.graph().number(0.0);
        let values = self.values();
        Ok(match task {
            Task::Value => vec![self.like_outputs(&values)],
            Task::Loss => vec![self.loss()?.1],
            Task::LossGradient => {
                let (loss, result) = self.loss()?;
                let one = self.graph().number(1.0);
                let dims = self.graph().dims(loss).to_vec();
                let seed = self.graph().contract(&[one], &dims);
                let gradient = self.pull(&[(loss, seed)]);
                vec![result, self.like_theta(&gradient, None, zero)]
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
            Task::Vjp => {
                let mut seeds = Vec::new();
                for (k, parts) in values.iter().enumerate() {
                    for (w, node) in parts.iter().enumerate() {
                        let dims = self.graph().dims(*node).to_vec();
                        seeds.push((*node, self.graph().leaf(Leaf::Cotangent(k, w), dims)));
                    }
                }
                let pulled = self.pull(&seeds);
                vec![self.like_outputs(&values), self.like_theta(&pulled, None, zero)]
            }
            Task::Jacobian => {
                if self.options.samples > 1 {
                    return Err(Error::new(ErrorKind::Unsupported, "a Jacobian is computed one sample at a time"));
                }
                let m = self.m;
                let rows = self.graph().dim(m);
                let mut seeds = Vec::new();
                for (parts, dims, start) in self.outputs.clone() {
                    let width = parts.len();
                    let count: usize = dims.iter().map(|d| self.lowering.graph.sizes[*d as usize]).product();
                    for (w, node) in parts.into_iter().enumerate() {
                        let entry = |k: usize| f64::from(u8::from(k / count == start + (k % count) * width + w));
                        let unit: Rc<[f64]> = (0..m * count).map(entry).collect();
                        let all: Vec<Dim> = std::iter::once(rows).chain(dims.iter().copied()).collect();
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

    fn loss(&mut self) -> Result<(Id, (usize, Vec<Part>))> {
        let Some(loss) = &self.lowering.model.loss else {
            return Err(Error::new(ErrorKind::Unsupported, "the model has no loss")
                .remedy("add [loss] with a kind: mse, cross_entropy, logistic or expression"));
        };
        let node = self.lowering.node(loss.node)?.0;
        let samples = self.options.samples.max(1) as f64;
        let divisor = match loss.divisor {
            Divisor::Mean { entries } => entries as f64 * samples,
            Divisor::Sum => 1.0,
            Divisor::Number(n) => n,
        };
        let replica: Vec<Dim> = self.lowering.replica.into_iter().collect();
        let carried: Vec<Dim> = self.lowering.sample.into_iter().chain(replica.iter().copied()).collect();
        let full = self.lowering.spread(node, &carried);
        let total = self.graph().contract(&[full], &replica);
        let mean = self.graph().scaled(total, 1.0 / divisor);
        let strides = replica.iter().map(|r| (*r, 1)).collect();
        Ok((mean, (self.repeat, vec![(mean, strides, 0)])))
    }

    /// Tangents of nodes for the direction of this number.
    fn push(&mut self, nodes: &[Vec<Id>], number: usize) -> Vec<Vec<Id>> {
        let mut seeds = HashMap::new();
        for (block, (parts, _, _)) in self.blocks.clone().iter().enumerate() {
            for (w, leaf) in parts.iter().enumerate() {
                let dims = self.graph().dims(*leaf).to_vec();
                seeds.insert(*leaf, self.graph().leaf(Leaf::Direction(number, block, w), dims));
            }
        }
        let flat: Vec<Id> = nodes.iter().flatten().copied().collect();
        let mut tangents = jvp(self.graph(), &flat, &seeds).into_iter();
        let zero = self.graph().number(0.0);
        nodes.iter().map(|own| own.iter().map(|_| tangents.next().flatten().unwrap_or(zero)).collect()).collect()
    }

    /// Cotangents of the parameters.
    fn pull(&mut self, seeds: &[(Id, Id)]) -> Vec<Vec<Option<Id>>> {
        let leaves: Vec<Id> = self.blocks.iter().flat_map(|b| b.0.iter().copied()).collect();
        let mut found = vjp(self.graph(), seeds, &leaves).into_iter();
        self.blocks.iter().map(|b| b.0.iter().map(|_| found.next().flatten()).collect()).collect()
    }
}

fn assemble<T>(graph: &Graph, plan: Plan, results: &[(usize, Vec<Part>)], leaves: &[Vec<(Leaf, Vec<(Dim, usize)>, usize)>; 3]) -> Program<T> {
    let port = |id: Id, dims: &[(Dim, usize)], start: usize| Port::new(&plan.slots[&id], dims, start, &graph.sizes);
    let (mut theta, mut inputs, mut cotangents) = (Vec::new(), Vec::new(), Vec::new());
    let mut directions = [Vec::new(), Vec::new()];
    for (id, node) in graph.nodes.iter().enumerate() {
        let (id, Op::Leaf(leaf)) = (id as Id, &node.op) else { continue };
        // A direction lies as θ does.
        let (number, like) = match leaf {
            Leaf::Direction(number, block, part) => (Some(*number), Leaf::Theta(*block, *part)),
            other => (None, other.clone()),
        };
        let place = leaves.iter().enumerate().find_map(|(k, all)| all.iter().find(|l| l.0 == like).map(|l| (k, l)));
        let (Some((kind, (_, dims, start))), true) = (place, plan.slots.contains_key(&id)) else { continue };
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
        .map(|(len, parts)| (*len, parts.iter().map(|(id, dims, start)| port(*id, dims, *start)).collect()))
        .collect();
    Program { sizes: graph.sizes.clone(), plan, theta, directions, inputs, cotangents, results, replicas: (1, 1), inputs_move: false, element: std::marker::PhantomData }
}
