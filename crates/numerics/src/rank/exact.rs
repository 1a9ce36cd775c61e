//! [`ExactRowSpace`]: incremental Gaussian elimination over a prime field, with delayed reduction.
//!
//! Pivot rows are normalised to a leading 1 and kept in blocks. Inside a block every pivot column is cleared in the
//! other rows, so that the coefficients of a new row v can be read off at once; v ← v − Σₖ vₚₖ Uₖ is then summed in 128
//! bits and reduced once per block and column. (Products are below 2^122, so 2^6 of them fit; a block has 2^5.)
//! Blocks are stored in panels of two columns, the order in which the sum reads them. Rows that come in numbers are reduced
//! together, a block at a time, so that each panel is read once for all of them.
//!
//! After rows that added nothing a random vector of the null space is kept: a row that is not orthogonal to it is new, and one
//! that is lies in the span, but for a chance of 1/P. So the many rows that say nothing new cost n products each, not n².

use super::{Clarity, RankDecision};
use crate::field::{Fp, MERSENNE61};
use crate::random::Stream;

/// Pivot rows per block.
const BLOCK: usize = 32;
/// Columns per panel: the 128-bit sums of two fit the registers, with what their products need.
const PANEL: usize = 2;

/// Stream of the random vectors of the null space.
const WITNESS: u64 = 61;

/// The span of rows over the integers modulo P.
///
/// n dense rows of n columns take n³/3 products of 64 bits.
#[derive(Debug, Clone)]
pub struct ExactRowSpace<const P: u64 = MERSENNE61> {
    cols: usize,
    seen: usize,
    blocks: Vec<Block<P>>,
    work: Vec<Fp<P>>,
    /// A random vector of the null space, after rows that added nothing.
    witness: Option<Vec<Fp<P>>>,
}

/// Up to [`BLOCK`] rows; entry (k, col) is at (col / PANEL) · BLOCK · PANEL + k · PANEL + col mod PANEL.
#[derive(Debug, Clone)]
struct Block<const P: u64> {
    pivots: Vec<usize>,
    panels: Vec<Fp<P>>,
}

/// out ← out + Σₖ cₖ uₖ over the rows uₖ of a panel.
#[inline(always)]
fn add_products<const P: u64>(out: &mut [Fp<P>; PANEL], c: &[Fp<P>], panel: &[[Fp<P>; PANEL]]) {
    let mut sums: [u128; PANEL] = std::array::from_fn(|j| out[j].value() as u128);
    for (c, u) in c.iter().zip(panel) {
        for j in 0..PANEL {
            sums[j] += c.value() as u128 * u[j].value() as u128;
        }
    }
    for j in 0..PANEL {
        out[j] = Fp::reduce(sums[j]);
    }
}

/// Σ aₖ bₖ over the entries of the shorter one.
fn inner<const P: u64>(a: &[Fp<P>], b: &[Fp<P>]) -> Fp<P> {
    let mut total = Fp::ZERO;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        let products = a.iter().zip(b);
        let products = products.map(|(a, b)| a.value() as u128 * b.value() as u128);
        total += Fp::reduce(products.sum());
    }
    total
}

impl<const P: u64> Block<P> {
    fn new(cols: usize) -> Self {
        Block {
            pivots: Vec::with_capacity(BLOCK),
            panels: vec![Fp::ZERO; cols.div_ceil(PANEL) * BLOCK * PANEL],
        }
    }

    #[inline]
    fn at(k: usize, col: usize) -> usize {
        (col / PANEL) * BLOCK * PANEL + k * PANEL + col % PANEL
    }

    /// First panel in which a row of the block may be nonzero.
    fn first_panel(&self) -> usize {
        self.pivots.iter().min().map_or(0, |col| col / PANEL)
    }

    /// v ← v − Σₖ v[pₖ] Uₖ for each of the rows v, which lie one after the other.
    fn reduce(&self, rows: &mut [Fp<P>], width: usize) {
        let coefficients: Vec<[Fp<P>; BLOCK]> = rows
            .chunks_exact(width)
            .map(|v| {
                let mut minus = [Fp::ZERO; BLOCK];
                for (slot, &pivot) in minus.iter_mut().zip(&self.pivots) {
                    *slot = -v[pivot];
                }
                minus
            })
            .collect();
        if coefficients.iter().flatten().all(|c| c.is_zero()) {
            return;
        }
        self.add_rows(rows, width, &coefficients);
    }

    /// v ← v + Σₖ cₖ Uₖ for each row v and its c, panel by panel.
    fn add_rows(&self, rows: &mut [Fp<P>], width: usize, coefficients: &[[Fp<P>; BLOCK]]) {
        let used = self.pivots.len();
        let (panels, _) = self.panels.as_chunks::<PANEL>();
        let panels = panels.chunks_exact(BLOCK).enumerate();
        for (number, panel) in panels.skip(self.first_panel()) {
            for (v, c) in rows.chunks_exact_mut(width).zip(coefficients) {
                let (out, _) = v.as_chunks_mut::<PANEL>();
                add_products(&mut out[number], &c[..used], &panel[..used]);
            }
        }
    }

    /// Adds a row that is already reduced by this block and 1 at `pivot`, its first nonzero column.
    fn push(&mut self, v: &[Fp<P>], pivot: usize) {
        let new = self.pivots.len();
        for k in 0..new {
            let c = self.panels[Self::at(k, pivot)];
            if !c.is_zero() {
                for (col, &x) in v.iter().enumerate().skip(pivot) {
                    let entry = &mut self.panels[Self::at(k, col)];
                    *entry -= c * x;
                }
            }
        }
        for (col, &x) in v.iter().enumerate() {
            self.panels[Self::at(new, col)] = x;
        }
        self.pivots.push(pivot);
    }

    /// −Σ U[k][col] x[col], which is x at the pivot of row k if x is in the null space.
    fn solve(&self, k: usize, x: &[Fp<P>]) -> Fp<P> {
        let from = self.pivots[k] / PANEL;
        let mut total = Fp::ZERO;
        let mut sum = 0u128;
        for (panel, (x, u)) in x
            .chunks_exact(PANEL)
            .zip(self.panels.chunks_exact(BLOCK * PANEL))
            .enumerate()
            .skip(from)
        {
            for j in 0..PANEL {
                sum += x[j].value() as u128 * u[k * PANEL + j].value() as u128;
            }
            if (panel + 1) % (BLOCK / PANEL) == 0 {
                total += Fp::reduce(sum);
                sum = 0;
            }
        }
        -(total + Fp::reduce(sum))
    }
}

impl<const P: u64> ExactRowSpace<P> {
    /// The span of nothing, in `cols` dimensions.
    pub fn new(cols: usize) -> Self {
        let padded = cols.div_ceil(PANEL) * PANEL;
        ExactRowSpace {
            cols,
            seen: 0,
            blocks: Vec::new(),
            work: vec![Fp::ZERO; padded],
            witness: None,
        }
    }

    /// Adds a row; true if the rank grew. On return `row` holds what is left of it modulo the span before, with zeros
    /// at all pivots, and 1 at its own pivot if it is new.
    ///
    /// # Panics
    /// If the row has not as many entries as the space has columns.
    pub fn insert(&mut self, row: &mut [Fp<P>]) -> bool {
        self.seen += 1;
        if self.rank() == self.cols {
            self.require_width(row);
            row.fill(Fp::ZERO);
            return false;
        }
        self.reduce_row(row);
        let grew = self.keep(row);
        if grew {
            self.witness = None;
        }
        grew
    }

    /// Adds rows until the rank is `bound`, which the caller knows that it cannot exceed (the number of columns, if nothing
    /// better is known), and returns how much it grew. What comes after is not asked for.
    ///
    /// # Panics
    /// If a row has not as many entries as the space has columns.
    pub fn insert_all<R: AsRef<[Fp<P>]>>(
        &mut self,
        rows: impl IntoIterator<Item = R>,
        bound: usize,
    ) -> usize {
        let before = self.rank();
        let (width, bound) = (self.work.len(), bound.min(self.cols));
        let mut rows = rows.into_iter();
        let mut batch: Vec<Fp<P>> = Vec::with_capacity(BLOCK * width);
        while self.rank() < bound {
            batch.clear();
            // No more than are missing, since most rows are new.
            let (mut more, known) = (false, self.rank());
            for row in rows.by_ref().take(BLOCK.min(bound - known)) {
                let row = row.as_ref();
                self.require_width(row);
                (self.seen, more) = (self.seen + 1, true);
                if self.is_new(row) {
                    batch.extend_from_slice(row);
                    batch.resize(batch.len().next_multiple_of(width), Fp::ZERO);
                }
            }
            if !more {
                break;
            }
            self.insert_batch(&mut batch);
            if self.rank() > known {
                self.witness = None;
            } else if self.witness.is_none() {
                self.witness = Some(self.some_null_vector());
            }
        }
        self.rank() - before
    }

    /// Whether a row may lie outside the span.
    fn is_new(&self, row: &[Fp<P>]) -> bool {
        self.witness
            .as_ref()
            .is_none_or(|witness| !inner(row, witness).is_zero())
    }

    /// A random vector of the null space.
    fn some_null_vector(&self) -> Vec<Fp<P>> {
        let mut stream = Stream::new(self.rank() as u64, self.cols as u64, WITNESS);
        let mut x = vec![Fp::ZERO; self.work.len()];
        x[..self.cols]
            .iter_mut()
            .for_each(|x| *x = Fp::new(stream.next_u64() >> 3));
        self.pivots().iter().for_each(|pivot| x[*pivot] = Fp::ZERO);
        self.complete(&mut x);
        x
    }

    /// Makes a vector one of the null space by its entries at the pivots, which are 0.
    fn complete(&self, x: &mut [Fp<P>]) {
        for block in self.blocks.iter().rev() {
            for k in 0..block.pivots.len() {
                x[block.pivots[k]] = block.solve(k, x);
            }
        }
    }

    /// Rows one after the other, each as wide as `work`.
    fn insert_batch(&mut self, batch: &mut [Fp<P>]) {
        let width = self.work.len();
        let full = |block: &Block<P>| block.pivots.len() == BLOCK;
        let filled = self.blocks.iter().take_while(|b| full(b)).count();
        for block in &self.blocks[..filled] {
            block.reduce(batch, width);
        }
        for row in batch.chunks_exact_mut(width) {
            for block in &self.blocks[filled..] {
                block.reduce(row, width);
            }
            let cols = self.cols;
            self.keep(&mut row[..cols]);
        }
    }

    /// Adds a row that is already reduced by all blocks; false if nothing is left of it.
    fn keep(&mut self, row: &mut [Fp<P>]) -> bool {
        let Some(pivot) = row.iter().position(|x| !x.is_zero()) else {
            return false;
        };
        // The pivot is not zero, and P is prime.
        let scale = row[pivot].inverse().unwrap_or(Fp::ONE);
        for x in &mut row[pivot..] {
            *x *= scale;
        }
        if self
            .blocks
            .last()
            .is_none_or(|block| block.pivots.len() == BLOCK)
        {
            self.blocks.push(Block::new(self.cols));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.push(row, pivot);
        }
        true
    }

    /// Whether the row lies in the span; nothing is added.
    ///
    /// # Panics
    /// If the row has not as many entries as the space has columns.
    pub fn contains(&mut self, row: &[Fp<P>]) -> bool {
        let mut rest = row.to_vec();
        self.reduce_row(&mut rest);
        rest.iter().all(|x| x.is_zero())
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Number of rows offered so far.
    pub fn rows_seen(&self) -> usize {
        self.seen
    }

    /// The rank of the rows offered so far, modulo P: never above the true rank.
    pub fn rank(&self) -> usize {
        self.blocks.iter().map(|block| block.pivots.len()).sum()
    }

    /// The pivot columns, in the order in which they were found.
    pub fn pivots(&self) -> Vec<usize> {
        self.blocks
            .iter()
            .flat_map(|block| block.pivots.iter().copied())
            .collect()
    }

    /// The rank as a recorded decision. `error_probability` is the caller's bound on the chance that random points hid
    /// rank, see [`schwartz_zippel`](super::schwartz_zippel); `None` if the rows were not random.
    pub fn decision(&self, what: &str, error_probability: Option<f64>) -> RankDecision {
        RankDecision {
            what: what.to_string(),
            rows: self.seen,
            cols: self.cols,
            rank: self.rank(),
            gap: f64::INFINITY,
            tolerance: 0.0,
            noise: 0.0,
            clarity: Clarity::Exact,
            exact: true,
            error_probability,
        }
    }

    /// The null space in reduced echelon form: one vector per column without pivot, 1 there and 0 at the other such
    /// columns. Such vectors have small rational entries when any basis has; see [`reconstruct`](super::reconstruct).
    pub fn nullspace(&self) -> Vec<Vec<Fp<P>>> {
        let mut free = vec![true; self.cols];
        for pivot in self.pivots() {
            free[pivot] = false;
        }
        let free_columns = (0..self.cols).filter(|&col| free[col]);
        free_columns
            .map(|col| {
                let mut x = vec![Fp::ZERO; self.work.len()];
                x[col] = Fp::ONE;
                self.complete(&mut x);
                x.truncate(self.cols);
                x
            })
            .collect()
    }

    fn require_width(&self, row: &[Fp<P>]) {
        assert_eq!(
            row.len(),
            self.cols,
            "a row of this space has {} entries",
            self.cols
        );
    }

    fn reduce_row(&mut self, row: &mut [Fp<P>]) {
        self.require_width(row);
        self.work[..self.cols].copy_from_slice(row);
        let width = self.work.len();
        for block in &self.blocks {
            block.reduce(&mut self.work, width);
        }
        row.copy_from_slice(&self.work[..self.cols]);
    }
}
