//! A tile: the replicas that run through one program together, from their start to a later step.

use super::descent::Memory;
use super::feed::Feeder;
use super::transport::Transport;
use super::{Setting, Training};
use crate::ensemble::{self, BLOCK, Process, State};
use symbias_model::error::Result;
use symbias_model::program::{Layout, Options, Program, Task, Workspace};
use symbias_numerics::lanes::Real;

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
    transport: Option<Transport>,
    /// (1 − ηλ)² per step.
    keep: f64,
    /// As the state has them, in the order of θ.
    squares: Vec<f64>,
    /// Position of each entry of θ in the arena.
    positions: Vec<usize>,
    /// The start of the block: step, θ, memory.
    saved: (u64, Vec<T>, Memory<T>),
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
            memory,
            transport: training.orbit.as_ref().map(|moves| {
                let starts: Vec<&[f64]> = settings.iter().map(|s| s.theta.as_slice()).collect();
                Transport::new(moves, &starts)
            }),
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
}

impl<T: Real> ensemble::Tile<T> for Tile<'_, T> {
    fn step(&self) -> u64 {
        self.step
    }

    fn run(&mut self, to: u64) {
        for step in self.step..to {
            if let Some(transport) = self.transport.as_mut().filter(|t| t.is_due(step)) {
                let theta = self.compiled.gradient.state(&mut self.workspace).theta;
                transport.run(step, &self.positions, theta, self.memory.velocity.as_mut());
            }
            if self.moves {
                self.feed(step);
            }
            self.compiled.gradient.execute(&mut self.workspace);
            let state = self.compiled.gradient.state(&mut self.workspace);
            self.memory.step(state.theta, state.gradient);
        }
        self.step = to;
    }

    fn remember(&mut self) {
        let state = self.compiled.gradient.state(&mut self.workspace);
        let saved = &mut self.saved;
        saved.0 = self.step;
        saved.1.copy_from_slice(state.theta);
        saved.2.clone_from(&self.memory);
    }

    fn recall(&mut self) {
        self.step = self.saved.0;
        let state = self.compiled.gradient.state(&mut self.workspace);
        state.theta.copy_from_slice(&self.saved.1);
        self.memory.clone_from(&self.saved.2);
    }

    fn finite(&mut self) -> bool {
        let theta = self.compiled.gradient.state(&mut self.workspace).theta;
        // 0 · x is 0 unless x is infinite or NaN; one sum finds any.
        let sum = theta.iter().fold(T::ZERO, |sum, x| sum + T::ZERO * *x);
        sum == T::ZERO
    }

    fn lost(&mut self, lost: &mut [bool]) {
        let theta = self.compiled.gradient.state(&mut self.workspace).theta;
        let replicas = self.compiled.replicas;
        lost.fill(false);
        for (k, at) in self.positions.iter().enumerate() {
            lost[k % replicas] |= !theta[*at].is_finite();
        }
    }

    /// The sums of squares are moved from T to f64.
    fn settle(&mut self) {
        let Some(squares) = &mut self.memory.squares else {
            return;
        };
        let keep = self.keep.powi(BLOCK as i32);
        for (sum, at) in self.squares.iter_mut().zip(&self.positions) {
            *sum = *sum * keep + squares[*at].to_f64();
        }
        squares.fill(T::ZERO);
    }

    fn look(&mut self, theta: &mut [T], squares: &mut [f64]) {
        self.compiled.gradient.take_theta(&self.workspace, theta);
        let Some(own) = &self.memory.squares else {
            return;
        };
        let keep = self.keep.powi((self.step % BLOCK) as i32);
        for ((into, sum), at) in squares.iter_mut().zip(&self.squares).zip(&self.positions) {
            *into = sum * keep + own[*at].to_f64();
        }
    }

    fn state(&mut self) -> State<T> {
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
            crossings: Vec::new(),
        }
    }

    fn restore(&mut self, state: &State<T>) {
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
    }
}

impl Process for Training {
    type Compiled<T: Real> = Compiled<T>;
    type Tile<'p, T: Real> = Tile<'p, T>;

    fn validate(&self) -> Result<()> {
        Training::validate(self)
    }

    fn admits(&self, setting: &Setting, replica: u64) -> Result<()> {
        Training::admits(self, setting, replica)
    }

    /// A virtual vector of replicas, or one: replicas side by side that leave the cache are slower than one after the
    /// other, to the same bits.
    fn widths<T: Real>(&self, _: u64) -> Vec<u64> {
        vec![T::VIRTUAL_LANES as u64, 1]
    }

    fn compile<T: Real>(&self, replicas: usize) -> Result<Compiled<T>> {
        Compiled::new(self, replicas)
    }

    fn bytes<T: Real>(compiled: &Compiled<T>) -> usize {
        compiled.bytes()
    }

    fn tile<'p, T: Real>(
        &'p self,
        compiled: &'p Compiled<T>,
        first: u64,
        settings: &[Setting],
        squares: bool,
    ) -> Tile<'p, T> {
        Tile::new(self, compiled, first, settings, squares)
    }
}
