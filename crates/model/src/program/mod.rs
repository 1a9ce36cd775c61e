//! The compiled form of a model: array operations over lanes, in f64 or f32.
//!
//! [`Program::compile`] turns the checked expression and a [`Task`] (value, loss and gradient, jvp,
//! vjp and its derivative, Jacobian, second directional derivative) into steps over one arena. The [`Layout`] decides
//! what runs along the lanes of a vector: the replicas of an ensemble, or for a single run an axis
//! of each array, chosen by cost. Both use the same kernels and the same order of sums: a replica has the
//! bits of a single run. A run allocates nothing and dispatches once per step. Training keeps θ and ∇L
//! in the workspace: [`State`].

mod compile;
mod complex;
mod contraction;
mod differentiate;
mod dots;
mod element;
mod execute;
mod fuse;
mod graph;
mod kernel;
mod listing;
mod lower;
mod moves;
mod operation;
mod plan;
mod port;
mod power;
mod reach;
mod reassociate;
mod reduce;
mod resident;
mod slot;
mod sparse;
#[cfg(test)]
mod tests;
mod vocabulary;

use crate::error::Result;
use crate::expression::Model;
use crate::scalar::Arrays;
use compile::{Compiler, assemble, strided};
use execute::execute;
use graph::{Id, REPLICA};
use lower::Lowering;
use plan::{Plan, Request};
use port::Port;
use std::sync::atomic::{AtomicU64, Ordering};
use symbias_numerics::lanes::{Real, level};

pub use port::Workspace;
pub use resident::State;

/// What a program computes; results in the order named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// F(θ): m numbers (per sample).
    Value,
    /// L(θ): one number.
    Loss,
    /// L(θ), ∇L(θ): one number and d.
    LossGradient,
    /// ∇L(θ) alone, d numbers: a step of training rarely needs L.
    Gradient,
    /// Σ_i c_i ∇L_i(θ) alone, d numbers, for a weight c_i of each sample; L = Σ_i L_i, so that weights of 1 give ∇L.
    WeightedGradient,
    /// F(θ), J(θ)v for one direction v of length d.
    Jvp,
    /// F(θ), J(θ)ᵀc for a cotangent c of length m.
    Vjp,
    /// D(Jᵀc)\[v\] = Σ_i c_i ∇²F_i(θ) v, d numbers, for a cotangent and one direction.
    VjpAlong,
    /// Σ_i c_i ∇²L_i(θ) v, d numbers, for a weight of each sample and one direction.
    WeightedGradientAlong,
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
    /// The same, all in one run: several vectors of replicas share the cost of dispatching a step, which is most of a
    /// small model's. What a run touches grows with them.
    Wide(usize),
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

impl Task {
    /// Which result is ∇L.
    fn gradient(self) -> Option<usize> {
        match self {
            Task::LossGradient => Some(1),
            Task::Gradient | Task::WeightedGradient => Some(0),
            _ => None,
        }
    }
}

impl Options {
    /// One sample, inputs shared by all replicas.
    #[must_use]
    pub fn new(task: Task, layout: Layout) -> Options {
        Options {
            task,
            layout,
            samples: 1,
            inputs_per_replica: false,
        }
    }
}

/// A compiled model for elements T.
#[derive(Clone, Debug)]
pub struct Program<T> {
    /// Whose workspaces it runs in.
    id: u64,
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
    /// Where entries of θ are in the arena.
    positions: Vec<u32>,
    element: std::marker::PhantomData<T>,
}

/// What a run reads.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a, T> {
    /// d numbers, or d·R.
    pub theta: &'a [T],
    /// The real inputs in declared order, entry by entry, samples then replicas innermost.
    pub inputs: &'a [T],
    /// Directions of jvp, of derivatives of gradients and of second derivatives, each as θ.
    pub directions: &'a [&'a [T]],
    /// The cotangent of a vjp or its derivative, laid out as F; or a weight for each sample, replicas innermost.
    pub cotangent: &'a [T],
}

impl<'a, T> Arguments<'a, T> {
    /// A point and inputs.
    #[must_use]
    pub fn at(theta: &'a [T], inputs: &'a [T]) -> Arguments<'a, T> {
        Arguments {
            theta,
            inputs,
            directions: &[],
            cotangent: &[],
        }
    }
}

/// A number that no other program of the process has; copies of a program are the same one.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Numbers of one array of a program with its derivatives and replicas, at most: 8 GiB of f64.
const ARRAY: u128 = 1 << 30;

/// Refuses arrays that have no room before they are planned.
fn room(graph: &graph::Graph) -> Result<()> {
    for node in &graph.nodes {
        let sizes = node.dims.iter().map(|d| graph.sizes[*d as usize] as u128);
        let entries = sizes.fold(1, u128::saturating_mul);
        if entries > ARRAY {
            return Err(lower::too_large(entries));
        }
    }
    Ok(())
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
            Layout::Wide(n) => Some(n.max(1)),
        };
        let mut lowering = Lowering::new(model, arrays, options.samples);
        lowering.graph.sizes[REPLICA as usize] = tile.unwrap_or(1);
        lowering.all()?;
        let mut compiler = Compiler::new(&mut lowering, options)?;
        let results = compiler.results(options.task)?;
        let (leaves, theta) = (compiler.leaves(), compiler.theta());
        let roots: Vec<Id> = results
            .iter()
            .flat_map(|r| r.1.iter().map(|p| p.0))
            .collect();
        let gradient = options.task.gradient();
        let slopes: Vec<Id> = gradient
            .iter()
            .flat_map(|g| results[*g].1.iter().map(|p| p.0))
            .collect();
        let request = Request {
            roots: &roots,
            theta: &theta,
            gradient: &slopes,
            replicas: tile.is_some(),
            inputs_vary: options.inputs_per_replica,
            width: T::VIRTUAL_LANES,
        };
        room(&lowering.graph)?;
        let plan = plan::plan(&mut lowering.graph, &request)?;
        let mut program = assemble(&lowering.graph, plan, &results, gradient, &leaves);
        program.positions = resident::positions(&program.theta);
        if let (Layout::Replicas(n) | Layout::Wide(n), Some(tile)) = (options.layout, tile) {
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

    /// Bytes that a run of one tile touches.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.plan.len * size_of::<T>()
    }

    /// Multiply-adds of contractions per run of all replicas, counted as two operations each.
    #[must_use]
    pub fn operations(&self) -> f64 {
        let (replicas, tile) = self.replicas;
        self.plan.operations / tile as f64 * replicas as f64
    }

    /// An arena with the constants in it, and what depends on them alone.
    #[must_use]
    pub fn workspace(&self) -> Workspace<T> {
        // A vector read may begin at the last number.
        let mut workspace = Workspace::new(self.id, self.plan.len + T::VIRTUAL_LANES);
        for (slot, entries, dims) in &self.plan.constants {
            let port = Port::new(slot, &strided(dims, 1, &self.sizes), 0, &self.sizes);
            let entries: Vec<T> = entries.iter().map(|x| T::from_f64(*x)).collect();
            port.load(0, &entries, workspace.arena());
        }
        let arena = workspace.arena();
        execute(level(), &self.plan.prologue, arena);
        workspace
    }

    /// Runs the program and copies its results, entry by entry, samples before the entries of F,
    /// replicas innermost. Nothing is allocated.
    ///
    /// # Panics
    /// If an argument or a result is too short, or the workspace is that of another program.
    pub fn run(
        &self,
        workspace: &mut Workspace<T>,
        arguments: &Arguments<'_, T>,
        results: &mut [&mut [T]],
    ) {
        let (replicas, tile) = self.replicas;
        let mut done = 0;
        while done < replicas {
            // The last tile goes back to replicas that have been computed, to the same bits.
            let first = done.min(replicas - tile);
            let inputs = if self.inputs_move { first } else { 0 };
            let arena = self.arena(workspace);
            self.theta
                .iter()
                .for_each(|p| p.load(first, arguments.theta, arena));
            self.inputs
                .iter()
                .for_each(|p| p.load(inputs, arguments.inputs, arena));
            for (ports, direction) in self.directions.iter().zip(arguments.directions) {
                ports.iter().for_each(|p| p.load(first, direction, arena));
            }
            self.cotangents
                .iter()
                .for_each(|p| p.load(first, arguments.cotangent, arena));
            self.execute(workspace);
            let arena = workspace.arena();
            for ((_, ports), into) in self.results.iter().zip(results.iter_mut()) {
                ports.iter().for_each(|p| p.store(first, arena, into));
            }
            done += tile;
        }
    }

    /// The arena of one of its own workspaces.
    fn arena<'w>(&self, workspace: &'w mut Workspace<T>) -> &'w mut [T] {
        self.owns(workspace);
        workspace.arena()
    }

    fn owns(&self, workspace: &Workspace<T>) {
        assert!(
            workspace.program == self.id,
            "a workspace of another program"
        );
    }

    /// Runs the steps on what is in the workspace, and copies nothing: see [`Program::state`].
    ///
    /// # Panics
    /// If the workspace is that of another program.
    pub fn execute(&self, workspace: &mut Workspace<T>) {
        let arena = self.arena(workspace);
        execute(level(), &self.plan.steps, arena);
    }
}
