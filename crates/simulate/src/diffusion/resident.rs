//! A program on a tile of replicas: points in, gradients out, in the order of θ.

use symbias_model::program::{Program, Workspace};
use symbias_numerics::lanes::Real;

/// A program with replicas in its lanes, and the arenas of a tile: one for each vector of replicas that runs at once.
#[derive(Debug)]
pub(crate) struct Resident<'c, T> {
    program: &'c Program<T>,
    arenas: Vec<Workspace<T>>,
    /// Where each entry of θ begins in an arena.
    slots: Vec<usize>,
    /// Replicas of the tile, and of one run of the program.
    lanes: usize,
    own: usize,
    /// A strip of numbers of one run.
    strip: Vec<T>,
}

impl<'c, T: Real> Resident<'c, T> {
    /// For a tile of `lanes` replicas and programs of `own` of them. `inputs` are those of all lanes, lanes innermost.
    pub fn new(program: &'c Program<T>, lanes: usize, own: usize, inputs: &[T]) -> Self {
        let mut resident = Resident {
            arenas: vec![program.workspace(); lanes / own],
            slots: program
                .positions()
                .iter()
                .step_by(own)
                .map(|p| *p as usize)
                .collect(),
            lanes,
            own,
            strip: Vec::new(),
            program,
        };
        for v in 0..resident.arenas.len() {
            resident.take_strip(inputs, v);
            program.put_inputs(&mut resident.arenas[v], &resident.strip);
        }
        resident
    }

    /// Numbers of x.
    pub fn len(&self) -> usize {
        self.slots.len() * self.lanes
    }

    /// The numbers of run `v`: entries × own.
    fn take_strip(&mut self, from: &[T], v: usize) {
        self.strip.clear();
        for row in from.chunks_exact(self.lanes) {
            self.strip.extend(&row[v * self.own..(v + 1) * self.own]);
        }
    }

    /// Puts the cotangent, or the weights of samples.
    pub fn put_cotangent(&mut self, c: &[T]) {
        for v in 0..self.arenas.len() {
            if self.lanes == self.own {
                self.program.put_cotangent(&mut self.arenas[v], c);
            } else {
                self.take_strip(c, v);
                self.program.put_cotangent(&mut self.arenas[v], &self.strip);
            }
        }
    }

    /// Puts the direction of a derivative, laid out as x.
    pub fn put_direction(&mut self, v: &[T]) {
        for k in 0..self.arenas.len() {
            if self.lanes == self.own {
                self.program.put_direction(&mut self.arenas[k], 0, v);
            } else {
                self.take_strip(v, k);
                self.program
                    .put_direction(&mut self.arenas[k], 0, &self.strip);
            }
        }
    }

    /// Runs the program at x.
    pub fn run(&mut self, x: &[T]) {
        let own = self.own;
        for (v, arena) in self.arenas.iter_mut().enumerate() {
            let theta = self.program.state(arena).theta;
            for (slot, row) in self.slots.iter().zip(x.chunks_exact(self.lanes)) {
                theta[*slot..slot + own].copy_from_slice(&row[v * own..(v + 1) * own]);
            }
            self.program.execute(arena);
        }
    }

    /// The gradient of the last run, entry by entry: `visit(entry, first lane, numbers)`.
    pub fn gradient(&mut self, mut visit: impl FnMut(usize, usize, &[T])) {
        let own = self.own;
        for (v, arena) in self.arenas.iter_mut().enumerate() {
            let gradient = self.program.state(arena).gradient;
            for (entry, slot) in self.slots.iter().enumerate() {
                visit(entry, v * own, &gradient[*slot..slot + own]);
            }
        }
    }

    /// A result of the last run, laid out as x.
    pub fn result(&mut self, which: usize, into: &mut [T]) {
        for (v, arena) in self.arenas.iter().enumerate() {
            if self.lanes == self.own {
                self.program.take(arena, which, into);
                continue;
            }
            self.strip.resize(self.program.result_len(which), T::ZERO);
            self.program.take(arena, which, &mut self.strip);
            let rows = self.strip.chunks_exact(self.own);
            for (row, from) in into.chunks_exact_mut(self.lanes).zip(rows) {
                row[v * self.own..(v + 1) * self.own].copy_from_slice(from);
            }
        }
    }
}
