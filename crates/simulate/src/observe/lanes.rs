//! A program of an observable at one replica, or at a vector of them: to the same bits, since both layouts have the same order
//! of sums.

use crate::training::Training;
use crate::training::feed::Feeder;
use std::ops::Range;
use std::sync::OnceLock;
use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::Real;

/// Replicas of a vector.
pub(super) const LANES: usize = f64::VIRTUAL_LANES;

/// A model compiled for one replica; for a vector of them when the first is looked at.
#[derive(Debug)]
pub(super) struct Evaluator {
    model: Model,
    arrays: Arrays,
    task: Task,
    samples: usize,
    single: Program<f64>,
    vector: OnceLock<Option<Program<f64>>>,
}

impl Evaluator {
    /// # Errors
    /// As [`Program::compile`].
    pub fn new(model: &Model, arrays: &Arrays, task: Task, samples: usize) -> Result<Evaluator> {
        let options = Options {
            samples,
            ..Options::new(task, Layout::Single)
        };
        Ok(Evaluator {
            single: Program::compile(model, arrays, options)?,
            vector: OnceLock::new(),
            model: model.clone(),
            arrays: arrays.clone(),
            task,
            samples,
        })
    }

    /// Numbers of a result at one replica.
    pub fn result_len(&self) -> usize {
        self.single.result_len(0)
    }

    /// The program of so many replicas; one alone where there is none of a vector.
    fn program(&self, replicas: usize) -> &Program<f64> {
        if replicas == 1 {
            return &self.single;
        }
        let compile = || {
            let options = Options {
                samples: self.samples,
                inputs_per_replica: true,
                ..Options::new(self.task, Layout::Replicas(LANES))
            };
            Program::compile(&self.model, &self.arrays, options).ok()
        };
        let vector = self.vector.get_or_init(compile);
        vector.as_ref().unwrap_or(&self.single)
    }

    /// As many replicas as run together where there are so many: a vector, or one.
    pub fn width(&self, replicas: usize) -> usize {
        match std::ptr::eq(self.program(replicas), &raw const self.single) {
            true => 1,
            false => LANES,
        }
    }

    /// A thread's own working memory.
    pub fn worker(&self) -> At<'_> {
        At {
            of: self,
            workspaces: [None, None],
            theta: Vec::new(),
            values: Vec::new(),
        }
    }
}

/// Evaluates, again and again.
pub(super) struct At<'e> {
    of: &'e Evaluator,
    workspaces: [Option<Workspace<f64>>; 2],
    theta: Vec<f64>,
    values: Vec<f64>,
}

impl At<'_> {
    /// The first result at `width` (of [`Evaluator::width`]) replicas, entry by entry, replicas innermost. `thetas` are at
    /// most as many; `inputs` are `width` replicas', replicas innermost.
    pub fn run(&mut self, width: usize, thetas: &[&[f64]], inputs: &[f64]) -> &[f64] {
        let program = self.of.program(width);
        let workspace =
            self.workspaces[usize::from(width > 1)].get_or_insert_with(|| program.workspace());
        self.values.resize(program.result_len(0), 0.0);
        let results: &mut [&mut [f64]] = &mut [&mut self.values];
        if let ([theta], 1) = (thetas, width) {
            program.run(workspace, &Arguments::at(theta, inputs), results);
            return &self.values;
        }
        let d = thetas.first().map_or(0, |t| t.len());
        self.theta.resize(d * width, 0.0);
        for (i, lanes) in self.theta.chunks_exact_mut(width).enumerate() {
            for (r, x) in lanes.iter_mut().enumerate() {
                // Lanes without a replica repeat the last.
                *x = thetas[r.min(thetas.len() - 1)][i];
            }
        }
        program.run(workspace, &Arguments::at(&self.theta, inputs), results);
        &self.values
    }
}

/// Some numbers of each replica, which are innermost, as (replica, number) of the first of them.
pub(super) fn apart(values: &[f64], width: usize, own: Range<usize>, into: &mut [f64]) {
    for (r, into) in into.chunks_exact_mut(own.len().max(1)).enumerate() {
        for (x, k) in into.iter_mut().zip(own.clone()) {
            *x = values[k * width + r];
        }
    }
}

/// The inputs of `width` replicas in a row at a step of the random numbers, replicas innermost, but the answers of a teacher.
/// `fixed` has the data of the first of them; lanes without a replica have those of the last.
pub(super) fn fed(
    training: &Training,
    (first, width): (u64, usize),
    fixed: &[&[f64]],
    step: u64,
) -> Feeder<f64> {
    let data: Vec<&[f64]> = (0..width).map(|r| fixed[r.min(fixed.len() - 1)]).collect();
    let mut feeder = Feeder::new(training, &data);
    feeder.fill(training.seed, first, step);
    feeder
}
