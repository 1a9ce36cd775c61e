//! A tile: the replicas that run through one program together, from their start to a later step.

use super::descent::Memory;
use super::feed::Feeder;
use super::{Setting, Training};
use symbias_model::error::Result;
use symbias_model::program::{Layout, Options, Program, Task, Workspace};
use symbias_numerics::lanes::Real;

/// Steps after which the sums of squares are moved from T to f64; also the distance of looks at whether numbers are
/// finite. Blocks begin at its multiples, so that their bits do not depend on interruptions.
pub const BLOCK: u64 = 256;

/// The compiled programs of a training for tiles of one width.
#[derive(Clone, Debug)]
pub struct Compiled<T> {
    gradient: Program<T>,
    teacher: Option<Program<T>>,
    replicas: usize,
}

impl<T: Real> Compiled<T> {
    /// Compiles for so many replicas at once, at most a virtual vector.
    ///
    /// # Errors
    /// As [`Program::compile`].
    pub fn new(training: &Training, replicas: usize) -> Result<Compiled<T>> {
        let layout = match replicas {
            1 => Layout::Single,
            n => Layout::Replicas(n),
        };
        let options = |task| Options {
            task,
            layout,
            samples: training.samples,
            inputs_per_replica: true,
        };
        let compile =
            |task| Program::<T>::compile(&training.model, &training.arrays, options(task));
        let teacher = training
            .feeds
            .iter()
            .any(|f| matches!(f, super::Feed::Teacher(_)));
        Ok(Compiled {
            gradient: compile(Task::Gradient)?,
            teacher: if teacher {
                Some(compile(Task::Value)?)
            } else {
                None
            },
            replicas,
        })
    }

    /// Replicas of a tile.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// Bytes that a step touches.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.gradient.bytes()
    }

    /// Floating-point operations of contractions per step of the whole tile, the teacher's included.
    #[must_use]
    pub fn operations(&self) -> f64 {
        self.gradient.operations() + self.teacher.as_ref().map_or(0.0, Program::operations)
    }
}

/// The state of a tile between steps: everything that later steps depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// Steps done.
    pub step: u64,
    /// θ, entry by entry, replicas innermost.
    pub theta: Vec<T>,
    /// v of momentum, as θ; empty without.
    pub velocity: Vec<T>,
    /// Σ (1 − ηλ)^{2(later steps)} g² of each entry, as θ; empty where it is not kept.
    pub squares: Vec<f64>,
}

/// Replicas in training.
#[derive(Debug)]
pub struct Tile<'c, T> {
    compiled: &'c Compiled<T>,
    seed: u64,
    first: u64,
    refresh: bool,
    moves: bool,
    step: u64,
    workspace: Workspace<T>,
    answering: Option<(Workspace<T>, Vec<T>)>,
    feeder: Feeder<T>,
    memory: Memory<T>,
    /// (1 − ηλ)² per step.
    keep: f64,
    /// As the state has them, in the order of θ.
    squares: Vec<f64>,
    /// Position of each entry of θ in the arena.
    positions: Vec<usize>,
    /// The start of the block: step, θ, memory.
    saved: (u64, Vec<T>, Memory<T>),
    known_lost: Vec<bool>,
}

/// A replica whose parameters stopped being finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diverged {
    /// Which.
    pub replica: u64,
    /// Steps done when its parameters were first not finite.
    pub step: u64,
}

fn interleaved<T: Real>(own: impl Fn(usize) -> f64, len: usize) -> Vec<T> {
    (0..len).map(|k| T::from_f64(own(k))).collect()
}

impl<'c, T: Real> Tile<'c, T> {
    /// Replicas `first`, `first + 1`, … at their start; `squares` where charges are to be accounted for.
    #[must_use]
    pub fn new(
        training: &Training,
        compiled: &'c Compiled<T>,
        first: u64,
        settings: &[Setting],
        squares: bool,
    ) -> Tile<'c, T> {
        let replicas = settings.len();
        let data: Vec<&[f64]> = settings.iter().map(|s| s.fixed.as_slice()).collect();
        let feeder = Feeder::new(training, &data);
        let program = &compiled.gradient;
        let mut workspace = program.workspace();
        let d = settings.first().map_or(0, |s| s.theta.len());
        let theta = interleaved(|k| settings[k % replicas].theta[k / replicas], d * replicas);
        program.put_theta(&mut workspace, &theta);
        program.put_inputs(&mut workspace, &feeder.inputs);
        let positions: Vec<usize> = program.positions().iter().map(|p| *p as usize).collect();
        let len = program.state(&mut workspace).theta.len();
        let answering = compiled.teacher.as_ref().map(|teacher| {
            let mut own = teacher.workspace();
            let theta: Vec<T> = interleaved(
                |k| settings[k % replicas].teacher[k / replicas],
                d * replicas,
            );
            teacher.put_theta(&mut own, &theta);
            (own, vec![T::ZERO; teacher.result_len(0)])
        });
        let mut l1 = vec![
            T::ZERO;
            if training.descent.l1.is_empty() {
                0
            } else {
                len
            }
        ];
        for (k, at) in positions.iter().enumerate().take(l1.len()) {
            l1[*at] = T::from_f64(training.descent.l1[k / replicas]);
        }
        let keep = training.descent.keep();
        let memory = Memory::new(&training.descent, len, l1, squares);
        let mut tile = Tile {
            compiled,
            seed: training.seed,
            first,
            refresh: training.refresh,
            moves: training.moves(),
            step: 0,
            answering,
            feeder,
            saved: (0, vec![T::ZERO; len], memory.clone()),
            known_lost: vec![false; replicas],
            memory,
            keep: keep * keep,
            squares: vec![0.0; if squares { d * replicas } else { 0 }],
            positions,
            workspace,
        };
        tile.feed(0);
        tile
    }

    /// Inputs of a step.
    fn feed(&mut self, step: u64) {
        let drawn = if self.refresh { step } else { 0 };
        self.feeder.fill(self.seed, self.first, drawn);
        if let (Some(teacher), Some((workspace, answers))) =
            (&self.compiled.teacher, &mut self.answering)
        {
            teacher.put_inputs(workspace, &self.feeder.inputs);
            teacher.execute(workspace);
            teacher.take(workspace, 0, answers);
            self.feeder.answer(answers);
        }
        self.compiled
            .gradient
            .put_inputs(&mut self.workspace, &self.feeder.inputs);
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Trains up to a step; replicas whose parameters stop being finite are reported with the step that did it, and go
    /// on as they are.
    pub fn advance(&mut self, to: u64, diverged: &mut Vec<Diverged>) {
        while self.step < to {
            let end = to.min((self.step / BLOCK + 1) * BLOCK);
            self.remember();
            self.run(end);
            if self.any_lost() {
                self.trace(end, diverged);
            }
            // The sums are emptied at the ends of blocks only, wherever a run was interrupted.
            if end.is_multiple_of(BLOCK) {
                self.empty_squares();
            }
        }
    }

    fn run(&mut self, end: u64) {
        for step in self.step..end {
            if self.moves {
                self.feed(step);
            }
            self.compiled.gradient.execute(&mut self.workspace);
            let state = self.compiled.gradient.state(&mut self.workspace);
            self.memory.step(state.theta, state.gradient);
        }
        self.step = end;
    }

    fn remember(&mut self) {
        let state = self.compiled.gradient.state(&mut self.workspace);
        let saved = &mut self.saved;
        saved.0 = self.step;
        saved.1.copy_from_slice(state.theta);
        saved.2.clone_from(&self.memory);
    }

    /// Whether a replica that was finite is no longer.
    fn any_lost(&mut self) -> bool {
        let theta = self.compiled.gradient.state(&mut self.workspace).theta;
        // 0 · x is 0 unless x is infinite or NaN; one sum finds any.
        let sum = theta.iter().fold(T::ZERO, |sum, x| sum + T::ZERO * *x);
        sum != T::ZERO && self.lost().iter().any(|r| !self.known_lost[*r])
    }

    /// Replicas of the tile with a parameter that is not finite.
    fn lost(&mut self) -> Vec<usize> {
        let theta = self.compiled.gradient.state(&mut self.workspace).theta;
        let replicas = self.compiled.replicas;
        let mut lost = vec![false; replicas];
        for (k, at) in self.positions.iter().enumerate() {
            lost[k % replicas] |= !theta[*at].is_finite();
        }
        (0..replicas).filter(|r| lost[*r]).collect()
    }

    /// Runs the last block again, step by step.
    fn trace(&mut self, end: u64, diverged: &mut Vec<Diverged>) {
        self.step = self.saved.0;
        let state = self.compiled.gradient.state(&mut self.workspace);
        state.theta.copy_from_slice(&self.saved.1);
        self.memory.clone_from(&self.saved.2);
        while self.step < end {
            self.run(self.step + 1);
            for r in self.lost() {
                if !std::mem::replace(&mut self.known_lost[r], true) {
                    diverged.push(Diverged {
                        replica: self.first + r as u64,
                        step: self.step,
                    });
                }
            }
        }
    }

    /// Whether every replica has diverged.
    #[must_use]
    pub fn all_lost(&self) -> bool {
        self.known_lost.iter().all(|l| *l)
    }

    fn empty_squares(&mut self) {
        let Some(squares) = &mut self.memory.squares else {
            return;
        };
        let keep = self.keep.powi(BLOCK as i32);
        for (sum, at) in self.squares.iter_mut().zip(&self.positions) {
            *sum = *sum * keep + squares[*at].to_f64();
        }
        squares.fill(T::ZERO);
    }

    /// θ of each entry, replicas innermost, and Σ (1 − ηλ)^{2(later steps)} g² where it is kept.
    pub fn look(&mut self, theta: &mut [T], squares: &mut [f64]) {
        self.compiled.gradient.take_theta(&self.workspace, theta);
        let Some(own) = &self.memory.squares else {
            return;
        };
        let keep = self.keep.powi((self.step % BLOCK) as i32);
        for ((into, sum), at) in squares.iter_mut().zip(&self.squares).zip(&self.positions) {
            *into = sum * keep + own[*at].to_f64();
        }
    }

    /// Everything that later steps depend on; at the end of a block.
    #[must_use]
    pub fn state(&mut self) -> State<T> {
        debug_assert!(self.step.is_multiple_of(BLOCK), "within a block");
        let mut theta = vec![T::ZERO; self.positions.len()];
        self.compiled
            .gradient
            .take_theta(&self.workspace, &mut theta);
        let velocity = self.memory.velocity.as_ref();
        State {
            step: self.step,
            theta,
            velocity: velocity.map_or(Vec::new(), |v| {
                self.positions.iter().map(|at| v[*at]).collect()
            }),
            squares: self.squares.clone(),
        }
    }

    /// Goes on from a state.
    pub fn restore(&mut self, state: &State<T>) {
        self.step = state.step;
        self.compiled
            .gradient
            .put_theta(&mut self.workspace, &state.theta);
        if let Some(velocity) = &mut self.memory.velocity {
            for (at, v) in self.positions.iter().zip(&state.velocity) {
                velocity[*at] = *v;
            }
        }
        self.squares.clone_from(&state.squares);
        for r in self.lost() {
            self.known_lost[r] = true;
        }
    }
}
