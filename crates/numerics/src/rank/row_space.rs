//! [`RowSpace`]: floating rows added in blocks, for callers that sample until the rank stops growing.

use super::thin::compress;
use super::{RankDecision, RankOptions, nullspace_with, rank_with};
use crate::Error;
use crate::dense::Matrix;

/// The span of the rows pushed so far. Memory stays below about three times cols² numbers: when more rows than that
/// wait, they are replaced by the R of their QR, which has the same singular values and null space.
#[derive(Debug, Clone)]
pub struct RowSpace {
    kept: Matrix,
    seen: usize,
    options: RankOptions,
}

impl RowSpace {
    /// The span of nothing, in `cols` dimensions, with default [`RankOptions`].
    pub fn new(cols: usize) -> Self {
        Self::with_options(cols, RankOptions::default())
    }

    /// The span of nothing, in `cols` dimensions.
    pub fn with_options(cols: usize, options: RankOptions) -> Self {
        RowSpace {
            kept: Matrix::zeros(0, cols),
            seen: 0,
            options,
        }
    }

    /// Adds a block of rows.
    ///
    /// # Errors
    /// [`Error::Shape`] if the block has another number of columns; [`Error::NotFinite`].
    pub fn push_rows(&mut self, block: &Matrix) -> Result<(), Error> {
        if block.cols != self.kept.cols {
            return Err(Error::Shape {
                what: "rows for a row space",
                expected: format!("{} columns", self.kept.cols),
                found: format!("{} columns", block.cols),
            });
        }
        block.require_finite("rows for a row space")?;
        self.seen += block.rows;
        if self.kept.rows == 0 && block.rows > 3 * block.cols && block.cols > 0 {
            self.kept = Matrix::from_faer(compress(block.faer()).as_ref());
            return Ok(());
        }
        self.kept.data.extend_from_slice(&block.data);
        self.kept.rows += block.rows;
        if self.kept.rows > 3 * self.kept.cols && self.kept.cols > 0 {
            self.kept = Matrix::from_faer(compress(self.kept.faer()).as_ref());
        }
        Ok(())
    }

    /// Number of rows pushed.
    pub fn rows_seen(&self) -> usize {
        self.seen
    }

    /// The rank of what was pushed.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    pub fn rank(&self, what: &str) -> Result<RankDecision, Error> {
        let mut decision = rank_with(what, &self.kept, self.options)?;
        decision.rows = self.seen;
        Ok(decision)
    }

    /// An orthonormal basis of the null space, one vector per column, and the rank behind it.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    pub fn nullspace(&self, what: &str) -> Result<(RankDecision, Matrix), Error> {
        let (mut decision, basis) = nullspace_with(what, &self.kept, self.options)?;
        decision.rows = self.seen;
        Ok((decision, basis))
    }
}
