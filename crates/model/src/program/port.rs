//! The arena of a program, and how the caller's arrays enter and leave it.

use super::element::{Numbers, Seen, numbers, seen};
use super::graph::Dim;
use super::kernel;
use super::moves;
use super::slot::{DEEPEST, Loop, Slot, each};
use symbias_numerics::lanes::{Real, dispatch, level};

/// The arena of a program: everything that a run writes. It begins at a cache line, so that no
/// vector is split between two. It belongs to the program that made it and to copies of that: another one, even of the
/// same model, refuses it with a panic, since it would find its constants elsewhere.
#[derive(Debug)]
pub struct Workspace<T> {
    /// The program that it belongs to.
    pub(super) program: u64,
    memory: Vec<T>,
    start: usize,
}

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

impl<T: Real> Workspace<T> {
    pub(super) fn new(program: u64, len: usize) -> Workspace<T> {
        let memory = vec![T::ZERO; len + LINE / size_of::<T>()];
        let start = memory
            .as_ptr()
            .align_offset(LINE)
            .min(LINE / size_of::<T>());
        Workspace {
            program,
            memory,
            start,
        }
    }

    pub(super) fn arena(&mut self) -> &mut [T] {
        &mut self.memory[self.start..]
    }

    pub(super) fn numbers(&self) -> &[T] {
        &self.memory[self.start..]
    }
}

impl<T: Real> Clone for Workspace<T> {
    fn clone(&self) -> Workspace<T> {
        let arena = &self.memory[self.start..];
        let mut copy = Workspace::new(self.program, arena.len());
        copy.arena()[..arena.len()].copy_from_slice(arena);
        copy
    }
}

/// An array of the arena and where its entries are in the caller's.
#[derive(Clone, Debug)]
pub(super) struct Port {
    /// Positions of the first entry: arena, caller.
    at: [usize; 2],
    /// Strides: arena, caller.
    loops: Vec<Loop<2>>,
}

impl Port {
    pub(super) fn new(slot: &Slot, dims: &[(Dim, usize)], start: usize, sizes: &[usize]) -> Port {
        let stride = |d: Dim| slot.stride(d).unwrap_or(0);
        let mut loops: Vec<Loop<2>> = Vec::new();
        for (d, caller) in dims.iter().filter(|d| sizes[d.0 as usize] != 1) {
            let (size, strides) = (sizes[*d as usize], [stride(*d), *caller]);
            match loops.last_mut() {
                Some(last)
                    if last.strides[0] == strides[0] * size
                        && last.strides[1] == strides[1] * size =>
                {
                    *last = Loop {
                        size: last.size * size,
                        strides,
                    };
                }
                _ => loops.push(Loop { size, strides }),
            }
        }
        Port {
            at: [slot.offset, start],
            loops,
        }
    }

    /// Visits (arena, caller) positions of runs of numbers, with the strides in a run.
    #[inline(always)]
    fn runs(&self, mut visit: impl FnMut([usize; 2], &Loop<2>)) {
        let one = Loop {
            size: 1,
            strides: [1, 1],
        };
        match self.loops.split_last() {
            Some((last, outer)) => each(
                outer,
                self.at,
                #[inline(always)]
                |at| visit(at, last),
            ),
            None => visit(self.at, &one),
        }
    }

    /// Visits (arena, caller) positions of all entries.
    pub(super) fn entries(&self, mut visit: impl FnMut([usize; 2])) {
        each(&self.loops, self.at, &mut visit);
    }

    /// The loops with the roles of the two arrays exchanged, on the stack.
    fn vectors(&self, exchange: impl Fn([usize; 2]) -> [usize; 2]) -> [Loop<2>; DEEPEST] {
        let mut loops = [Loop {
            size: 1,
            strides: [0, 0],
        }; DEEPEST];
        for (to, from) in loops.iter_mut().zip(&self.loops) {
            *to = Loop {
                size: from.size,
                strides: exchange(from.strides),
            };
        }
        loops
    }

    /// Whether the innermost run is one vector: the replicas of a tile.
    fn is_of_vectors<T: Real>(&self) -> bool {
        self.loops
            .last()
            .is_some_and(|l| l.strides == [1, 1] && l.size == T::VIRTUAL_LANES)
    }

    /// Where the lane of the arena is a stride of the caller's and the other way round, in whole vectors both: the loops
    /// outside, over the lane, and over what is contiguous in the caller's array.
    fn turned<T: Real>(&self) -> Option<([Option<&Loop<2>>; 2], &Loop<2>, &Loop<2>)> {
        let whole =
            |l: &Loop<2>| l.size >= T::VIRTUAL_LANES && l.size.is_multiple_of(T::VIRTUAL_LANES);
        let lane = self
            .loops
            .iter()
            .position(|l| l.strides[0] == 1 && whole(l))?;
        let run = self
            .loops
            .iter()
            .position(|l| l.strides[1] == 1 && whole(l))?;
        let mut outer = [None; 2];
        let mut rest = (0..self.loops.len()).filter(|k| *k != lane && *k != run);
        for place in &mut outer {
            *place = rest.next().map(|k| &self.loops[k]);
        }
        (lane != run && rest.next().is_none()).then(|| (outer, &self.loops[lane], &self.loops[run]))
    }

    /// `first` is the replica that the arena's first one is.
    pub(super) fn load<T: Real>(&self, first: usize, from: &[T], arena: &mut [T]) {
        match (seen(from), numbers(arena)) {
            (Seen::Single(from), Numbers::Single(arena)) => self.load_single(first, from, arena),
            (Seen::Double(from), Numbers::Double(arena)) => self.load_double(first, from, arena),
            _ => {}
        }
    }

    pub(super) fn store<T: Real>(&self, first: usize, arena: &[T], into: &mut [T]) {
        match (seen(arena), numbers(into)) {
            (Seen::Single(arena), Numbers::Single(into)) => self.store_single(first, arena, into),
            (Seen::Double(arena), Numbers::Double(into)) => self.store_double(first, arena, into),
            _ => {}
        }
    }

    #[inline(never)]
    fn load_single(&self, first: usize, from: &[f32], arena: &mut [f32]) {
        self.loaded(first, from, arena);
    }

    #[inline(never)]
    fn load_double(&self, first: usize, from: &[f64], arena: &mut [f64]) {
        self.loaded(first, from, arena);
    }

    #[inline(never)]
    fn store_single(&self, first: usize, arena: &[f32], into: &mut [f32]) {
        self.stored(first, arena, into);
    }

    #[inline(never)]
    fn store_double(&self, first: usize, arena: &[f64], into: &mut [f64]) {
        self.stored(first, arena, into);
    }

    #[inline(always)]
    fn loaded<T: Real>(&self, first: usize, from: &[T], arena: &mut [T]) {
        let from = &from[first..];
        if self.is_of_vectors::<T>() {
            let loops = self.vectors(|[arena, caller]| [caller, arena]);
            let outer = &loops[..self.loops.len() - 1];
            return dispatch!(level(), simd => kernel::copies(simd, outer, [self.at[1], self.at[0]], from, arena));
        }
        if let Some((outer, lane, run)) = self.turned::<T>() {
            let (loops, count) = exchanged(outer);
            let rows = (lane.size, lane.strides[1]);
            let columns = (run.size, run.strides[0]);
            let place = (&loops[..count], [self.at[1], self.at[0]]);
            return dispatch!(level(), simd => moves::turns(simd, place, rows, columns, from, arena));
        }
        self.runs(|[a, c], run| {
            if run.strides == [1, 1] {
                arena[a..a + run.size].copy_from_slice(&from[c..c + run.size]);
            } else {
                (0..run.size)
                    .for_each(|k| arena[a + k * run.strides[0]] = from[c + k * run.strides[1]]);
            }
        });
    }

    #[inline(always)]
    fn stored<T: Real>(&self, first: usize, arena: &[T], into: &mut [T]) {
        let into = &mut into[first..];
        if self.is_of_vectors::<T>() {
            let outer = &self.loops[..self.loops.len() - 1];
            return dispatch!(level(), simd => kernel::copies(simd, outer, self.at, arena, into));
        }
        if let Some((outer, lane, run)) = self.turned::<T>() {
            let (loops, count) = kept(outer);
            let rows = (run.size, run.strides[0]);
            let columns = (lane.size, lane.strides[1]);
            let place = (&loops[..count], self.at);
            return dispatch!(level(), simd => moves::turns(simd, place, rows, columns, arena, into));
        }
        self.runs(|[a, c], run| {
            if run.strides == [1, 1] {
                into[c..c + run.size].copy_from_slice(&arena[a..a + run.size]);
            } else {
                (0..run.size)
                    .for_each(|k| into[c + k * run.strides[1]] = arena[a + k * run.strides[0]]);
            }
        });
    }
}

/// Loops that are there, on the stack, and how many.
fn kept(loops: [Option<&Loop<2>>; 2]) -> ([Loop<2>; 2], usize) {
    let none = Loop {
        size: 1,
        strides: [0, 0],
    };
    let count = loops.iter().flatten().count();
    (loops.map(|l| l.copied().unwrap_or(none)), count)
}

/// The same with the roles of the two arrays exchanged.
fn exchanged(loops: [Option<&Loop<2>>; 2]) -> ([Loop<2>; 2], usize) {
    let (mut loops, count) = kept(loops);
    for l in &mut loops {
        l.strides.swap(0, 1);
    }
    (loops, count)
}
