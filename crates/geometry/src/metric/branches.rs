//! Components of the fibre of the effective weights: parts that no connected group joins (theory §4).
//!
//! Of a scaled item with w = ⊗ a_k^{⊗m_k} the fibre is {(c_k a_k) : Π c_k^{m_k} = 1}: signs of which an even number belongs
//! to odd powers. Of AᵀB with r ≤ min(n, m) it is GL(r), of MᵀM with r ≤ n it is O(r): two components each; with r larger the
//! stabilisers join them. Whether F is the same on all of them is another question: v·relu(Wx) is not.

use crate::component::{Balance, Chain, Pair, Rotation, Structure, Torus, Turn};

/// The components of the generic fibre of effective weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branches {
    /// There are 2 to this power.
    pub doublings: usize,
    /// Coordinates that change their sign, of one element for each way to another component; of many alike one.
    pub flips: Vec<Vec<usize>>,
}

/// Those of a part of the structure; `None` where their number is not known.
pub(super) fn of_part(part: &Structure) -> Option<Branches> {
    match part {
        Structure::Torus(torus) if torus.phase => Some(Branches::one()),
        Structure::Torus(torus) => of_torus(torus),
        Structure::Pair(pair) => of_pair(pair),
        Structure::Chain(chain) => of_chain(chain),
        Structure::Rotation(rotation) => of_rotation(rotation),
        Structure::Translation(_) => Some(Branches::one()),
        Structure::Coupled(_) | Structure::Unknown => None,
    }
}

impl Branches {
    /// A connected fibre.
    pub(super) fn one() -> Branches {
        Branches {
            doublings: 0,
            flips: Vec::new(),
        }
    }

    /// Of two parts side by side.
    pub(super) fn and(mut self, other: Branches) -> Branches {
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

fn of_torus(torus: &Torus) -> Option<Branches> {
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    if m.iter().any(|m| m.fract() != 0.0) {
        return None;
    }
    let (odd, even): (Vec<usize>, Vec<usize>) = (0..m.len()).partition(|k| m[*k] % 2.0 == 1.0);
    let places = |k: &usize| torus.groups[*k].places.of(0);
    let mut flips: Vec<Vec<usize>> = even.iter().map(places).collect();
    if let Some((first, others)) = odd.split_first() {
        flips.extend(others.iter().map(|k| [places(first), places(k)].concat()));
    }
    Some(Branches {
        doublings: flips.len() * torus.items(),
        flips,
    })
}

fn of_pair(pair: &Pair) -> Option<Branches> {
    let (r, n, m) = pair.shape()?;
    if r > n.min(m) {
        return Some(Branches::one());
    }
    let [a, b] = pair.places(0);
    Some(Branches {
        doublings: pair.copies(),
        flips: vec![[a.first()?.clone(), b.first()?.clone()].concat()],
    })
}

/// T_1⋯T_D with square inner sizes that are all the same, which the ends are at least as large as.
fn of_chain(chain: &Chain) -> Option<Branches> {
    let factors: Vec<Vec<Vec<usize>>> = (0..chain.depth()).map(|k| chain.places(k)).collect();
    let inner = factors.get(1)?.len();
    let ends = [factors.first()?.len(), factors.last()?.first()?.len()];
    if factors[1..].iter().any(|t| t.len() != inner) || ends.iter().any(|n| *n < inner) {
        return None;
    }
    let column = |t: &[Vec<usize>]| t.iter().map(|row| row[0]).collect::<Vec<_>>();
    let flips = factors
        .windows(2)
        .map(|two| [column(&two[0]), two[1][0].clone()].concat());
    Some(Branches {
        doublings: chain.depth() - 1,
        flips: flips.collect(),
    })
}

fn of_rotation(rotation: &Rotation) -> Option<Branches> {
    let (r, n) = rotation.shape()?;
    match (&rotation.turn, rotation.is_complex()) {
        (Turn::Unitary, true) => Some(Branches::one()),
        (Turn::Orthogonal, false) if r > n => Some(Branches::one()),
        (Turn::Orthogonal, false) => Some(Branches {
            doublings: rotation.copies(),
            flips: vec![rotation.places(0).first()?.clone()],
        }),
        _ => None,
    }
}
