//! What steps may touch, as a function of the plan alone: the check on which the unchecked accesses of the kernels rest.
//!
//! Kernels compute positions modulo 2⁶⁴. The positions here are exact, and what is refused unless all of them lie in
//! the arena is therefore where kernels read and write too.

use super::contraction::Contraction;
use super::dots::{Dots, Total, Totals};
use super::kernel::{Read, Rows};
use super::moves::{Clear, Move, Transpose};
use super::plan::Step;
use super::reduce::{FirstMax, Reduce};
use super::slot::Loop;
use super::sparse::Sparse;

/// Where accesses begin: the least and the greatest position.
#[derive(Clone, Copy)]
pub(super) struct Span {
    least: i128,
    most: i128,
}

/// Beyond all memory, and beyond what sums of strides can come back from.
const NOWHERE: i128 = 1 << 120;

/// A distance as kernels add it: one that is beyond half of all numbers goes backwards.
fn signed(distance: usize) -> i128 {
    distance as isize as i128
}

impl Span {
    pub fn at(position: usize) -> Span {
        let at = signed(position);
        let (least, most) = (at, at);
        Span { least, most }
    }

    /// Repeated at multiples of a stride. Loops count in 32 bits.
    #[inline]
    pub fn over(mut self, size: usize, stride: usize) -> Span {
        let Ok(size) = u32::try_from(size) else {
            self.most = NOWHERE;
            return self;
        };
        let far = i128::from(size.max(1) - 1) * signed(stride);
        self.least += far.min(0);
        self.most += far.max(0);
        self
    }

    /// Repeated by loops over several arrays, of which this is array k.
    #[inline]
    pub fn loops<const N: usize>(self, loops: &[Loop<N>], k: usize) -> Span {
        let over = |span: Span, l: &Loop<N>| span.over(l.size, l.strides[k]);
        loops.iter().fold(self, over)
    }

    /// Repeated at listed distances.
    fn among(mut self, distances: impl Iterator<Item = usize> + Clone) -> Span {
        self.least += distances.clone().map(signed).min().unwrap_or(0);
        self.most += distances.map(signed).max().unwrap_or(0);
        self
    }

    /// One past the last of so many numbers at each position; no memory has as many if some begin before the first.
    #[inline]
    pub fn end(self, numbers: usize) -> usize {
        if self.least < 0 {
            return usize::MAX;
        }
        usize::try_from(self.most + numbers as i128).unwrap_or(usize::MAX)
    }
}

/// One past the last number that is touched, and that is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub touched: usize,
    pub written: usize,
}

impl Reach {
    fn new<const N: usize>(written: usize, read: [usize; N]) -> Reach {
        let touched = read.into_iter().fold(written, usize::max);
        Reach { touched, written }
    }

    fn and(self, other: Reach) -> Reach {
        Reach {
            touched: self.touched.max(other.touched),
            written: self.written.max(other.written),
        }
    }
}

/// Steps in order with what all of them may touch. They do not change, so that one comparison with the arena stands
/// for all accesses of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    all: Vec<Step>,
    reach: Reach,
    width: usize,
}

impl Steps {
    /// None yet, for vectors of so many numbers.
    pub fn new(width: usize) -> Steps {
        Steps {
            width,
            ..Steps::default()
        }
    }

    pub fn push(&mut self, step: Step) {
        self.reach = self.reach.and(step.reach(self.width));
        self.all.push(step);
    }

    pub fn all(&self) -> &[Step] {
        &self.all
    }

    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Whether they stay in an arena of `len` numbers, in vectors of `width`.
    pub fn fit(&self, len: usize, width: usize) -> bool {
        self.width == width && self.reach.touched <= len
    }
}

/// A vector, or one number.
fn numbers(read: Read, width: usize) -> usize {
    match read {
        Read::Vector => width,
        Read::Splat => 1,
    }
}

/// How far a row goes from one vector of the result to the next.
fn forward(read: Read, width: usize) -> usize {
    match read {
        Read::Vector => width,
        Read::Splat => 0,
    }
}

/// Numbers of the factors of a sum: the second is read along the lane if any is.
fn factors(reads: [Read; 2], width: usize) -> [usize; 2] {
    let second = if reads.contains(&Read::Vector) {
        width
    } else {
        1
    };
    [numbers(reads[0], width), second]
}

/// The outer part of a sum, of factor A or B.
fn part(outer: &[(usize, usize)], k: usize) -> impl Iterator<Item = usize> + Clone + '_ {
    outer.iter().map(move |o| if k == 0 { o.0 } else { o.1 })
}

impl Step {
    /// What a kernel may touch with vectors of `width` numbers.
    pub fn reach(&self, width: usize) -> Reach {
        match self {
            Step::Rows(s) => rows(s, width),
            Step::Contraction(s) => contraction(s, width),
            Step::Dots(s) => dots(s, width),
            Step::Total(s) => total(s, width),
            Step::Totals(s) => totals(s, width),
            Step::Sparse(s) => sparse(s, width),
            Step::Reduce(s) => reduce(s, width),
            Step::FirstMax(s) => first_max(s, width),
            Step::Move(s) => moves(s, width),
            Step::Transpose(s) => transpose(s, width),
            Step::Clear(s) => clear(s, width),
        }
    }
}

/// Operands that a kind lacks are its first again.
fn rows(s: &Rows, width: usize) -> Reach {
    let end = |k: usize, numbers: usize| {
        let span = Span::at(s.at[k]).loops(&s.loops, k);
        span.over(s.blocks, s.advance[k]).end(numbers)
    };
    let operand = |k: usize| end(k + 1, numbers(s.reads[k], width));
    Reach::new(end(0, width), [0, 1, 2].map(operand))
}

fn contraction(s: &Contraction, width: usize) -> Reach {
    let [a, b] = factors(s.reads, width);
    let outside = |k: usize| Span::at(s.at[k]).loops(&s.loops, k);
    let result = outside(0).over(s.rows.0, s.rows.1);
    let result = result.over(s.columns.0, s.columns.1);
    let first = outside(1).over(s.rows.0, s.rows.2);
    let first = first.among(part(&s.outer, 0)).over(s.inner.0, s.inner.1);
    let second = outside(2).over(s.columns.0, s.columns.2);
    let second = second.among(part(&s.outer, 1)).over(s.inner.0, s.inner.2);
    let shift = s.plus.map_or(0, |p| p.0);
    let other = result.among(std::iter::once(shift));
    Reach::new(
        result.end(width),
        [first.end(a), second.end(b), other.end(width)],
    )
}

fn dots(s: &Dots, width: usize) -> Reach {
    let (whole, a, b) = s.whole;
    let vectors = whole + usize::from(s.tail > 0);
    let factor = |k: usize, stride: usize| {
        let listed = s.outputs.iter().map(move |o| o[k] as usize);
        let span = Span::at(s.at[k + 1]).among(part(&s.outer, k));
        span.among(listed).over(vectors, stride)
    };
    let first = if s.first_is_vector { width } else { 1 };
    let result = Span::at(s.at[0]).over(s.outputs.len() / width, width);
    Reach::new(
        result.end(width),
        [factor(0, a).end(first), factor(1, b).end(width)],
    )
}

fn total(s: &Total, width: usize) -> Reach {
    let vectors = s.inner.0.div_ceil(width);
    let factor = |k: usize| {
        let span = Span::at(s.at[k + 1]).among(part(&s.outer, k));
        let span = span.over(vectors, forward(s.reads[k], width));
        span.end(numbers(s.reads[k], width))
    };
    Reach::new(Span::at(s.at[0]).end(width), [factor(0), factor(1)])
}

fn totals(s: &Totals, width: usize) -> Reach {
    let [a, b] = factors(s.reads, width);
    let listed = |k: usize| Span::at(s.at[k]).among(s.outputs.iter().map(move |o| o[k]));
    let (n, first, second) = s.inner;
    let first = listed(1).among(part(&s.outer, 0)).over(n, first);
    let second = listed(2).among(part(&s.outer, 1)).over(n, second);
    Reach::new(listed(0).end(width), [first.end(a), second.end(b)])
}

fn sparse(s: &Sparse, width: usize) -> Reach {
    let [a, b] = factors(s.reads, width);
    let outside = |k: usize| {
        let span = Span::at(s.at[k]).loops(&s.loops, k);
        span.over(s.columns.size, s.columns.strides[k])
    };
    let factor = |k: usize| outside(k + 1).among(s.entries.iter().map(move |e| e[k]));
    let result = outside(0).among(s.rows.iter().map(|r| r.0));
    Reach::new(
        result.end(if s.lanes { width } else { 1 }),
        [factor(0).end(a), factor(1).end(b)],
    )
}

fn reduce(s: &Reduce, width: usize) -> Reach {
    let outside = |k: usize| Span::at(s.at[k]).loops(&s.loops, k);
    let argument = outside(1).over(s.blocks, forward(s.read, width));
    let argument = argument.among(s.over.iter().copied());
    Reach::new(
        outside(0).over(s.blocks, width).end(width),
        [argument.end(numbers(s.read, width))],
    )
}

fn first_max(s: &FirstMax, width: usize) -> Reach {
    let operand = |k: usize| {
        let span = Span::at(s.at[k]).loops(&s.loops, k);
        span.over(s.blocks, forward(s.read[k - 1], width))
    };
    let argument = operand(1).among(s.over.iter().map(|o| o[1]));
    let result = Span::at(s.at[0]).loops(&s.loops, 0).over(s.blocks, width);
    let result = result.among(s.over.iter().map(|o| o[0]));
    Reach::new(
        result.end(if s.lanes { width } else { 1 }),
        [
            argument.end(numbers(s.read[0], width)),
            operand(2).end(numbers(s.read[1], width)),
        ],
    )
}

fn moves(s: &Move, width: usize) -> Reach {
    let outside = |k: usize| Span::at(s.at[k]).loops(&s.loops, k).over(s.blocks, width);
    let numbers = if s.blocks == 0 { 1 } else { width };
    let result = outside(0).among(s.table.iter().map(|t| t.0));
    let argument = outside(1).among(s.table.iter().filter_map(|t| t.1));
    Reach::new(result.end(numbers), [argument.end(numbers)])
}

fn transpose(s: &Transpose, width: usize) -> Reach {
    let outside = |k: usize| Span::at(s.at[k]).loops(&s.loops, k);
    let ((rows, from), (columns, into)) = (s.rows, s.columns);
    let argument = outside(1).over(rows, from);
    let argument = argument.over(columns.div_ceil(width), width);
    let result = outside(0).over(columns, into);
    let result = result.over(rows.div_ceil(width), width);
    Reach::new(result.end(width), [argument.end(width)])
}

fn clear(s: &Clear, width: usize) -> Reach {
    let rows = Span::at(s.at).over(s.rows, s.padded);
    let partial = rows.over(2, s.size / width * width).end(width);
    let padding = rows.over(s.padded.div_ceil(width), width).end(width);
    Reach::new(partial, [padding]).and(Reach::new(padding, []))
}
