//! Components of the fibre of the effective weights: parts that no connected group joins (theory §4).
//!
//! Of a scaled item with w = ⊗ a_k^{⊗m_k} the fibre is {(c_k a_k) : Π c_k^{m_k} = 1}: signs of which an even number belongs
//! to odd powers. Of AᵀB with r ≤ min(n, m) it is GL(r), of MᵀM with r ≤ n it is O(r): two components each; with r larger the
//! stabilisers join them. Whether F is the same on all of them is another question: v·relu(Wx) is not.

/// The components of the generic fibre of effective weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    /// There are 2 to this power.
    pub doublings: usize,
    /// Coordinates that change their sign, of one element for each way to another component; of many alike one.
    pub flips: Vec<Vec<usize>>,
}

impl Branches {
    /// A connected fibre.
    pub(crate) fn one() -> Branches {
        Branches {
            doublings: 0,
            flips: Vec::new(),
        }
    }

    /// Of two parts side by side.
    pub(crate) fn and(mut self, other: Branches) -> Branches {
        self.doublings += other.doublings;
        self.flips.extend(other.flips);
        self
    }

    /// The number of components; `None` where no integer holds it.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        let doublings = u32::try_from(self.doublings).ok()?;
        1_u64.checked_shl(doublings)
    }
}
