//! How a family of generators acts: matrices on axes, scales and phases of entries, translations; in terms of the
//! checked expression, so that it costs nothing in the sizes of axes.

use std::collections::BTreeMap;
use symbias_model::expression::{AxisId, Field, IndexExpr, Label, TensorId};

/// The stand-in for the letter of an index function such as `h//2`.
pub(crate) const LETTER: Label = Label(u32::MAX);

/// An index function of one letter, with [`LETTER`] in its place; `None` is the letter itself.
pub(crate) type Shape = Option<IndexExpr>;

/// How a group element acts on a slot, relative to another: bit 0 dual, bit 1 conjugate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Twist(u8);

impl Twist {
    pub const SAME: Twist = Twist(0);
    pub const DUAL: Twist = Twist(1);
    pub const CONJUGATE: Twist = Twist(2);
    pub const ADJOINT: Twist = Twist(3);

    pub fn then(self, other: Twist) -> Twist {
        Twist(self.0 ^ other.0)
    }
    pub fn is_dual(self) -> bool {
        self.0 & 1 != 0
    }
    pub fn is_conjugate(self) -> bool {
        self.0 & 2 != 0
    }
}

/// The group that a bond carries, for each value of the indices that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// GL(n, ℝ) or GL(n, ℂ).
    GeneralLinear(Field),
    /// O(n, ℝ) or O(n, ℂ).
    Orthogonal(Field),
    /// U(n).
    Unitary,
    /// O(n−1), the stabiliser of the vector of ones.
    OrthogonalFixingOnes,
    /// SO(2) in each coordinate plane (the scalings per plane are found as scalings).
    PlaneRotations(Vec<(usize, usize)>),
}

/// A set of values on which the group element may depend, as seen from each parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependence {
    /// How many values.
    pub size: u64,
    /// For each parameter the axis that carries it, and the function of that axis.
    pub at: BTreeMap<TensorId, (usize, Shape)>,
}

/// One group per value of the dependences, acting on axes of parameters.
#[derive(Clone, Debug)]
pub(crate) struct Bond {
    pub group: Group,
    /// n, the size of the axis (of the fused axes).
    pub size: u64,
    /// Parameter, axes (several if fused, the first is the slowest), twist.
    pub slots: Vec<(TensorId, Vec<usize>, Twist)>,
    pub dependences: Vec<Dependence>,
    /// Only matrices of trace zero: multiples of the identity act trivially, or as other groups do
    /// together (a closed ring of contracted indices).
    pub traceless: bool,
}

impl Bond {
    /// Number of copies of the group.
    pub fn copies(&self) -> u64 {
        self.dependences.iter().map(|d| d.size).product()
    }
}

/// Scales are real (θ → e^s θ), phases turn complex entries (θ → e^{is} θ).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scale,
    Phase,
}

/// One parameter's share in a diagonal symmetry: its entries are multiplied by
/// `exp(exponent · α(items))`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub tensor: TensorId,
    pub exponent: f64,
    /// For each item of the solution the axis that carries it and the function of that index.
    pub axes: Vec<(usize, Shape)>,
}

/// Which functions of one item's value occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Constants.
    Constant,
    /// Functions of the value with zero sum.
    Centred,
    /// Functions of a coarser value (`shape` of the finer one) with zero sum.
    Coarse(Shape, u64),
    /// Functions with zero sum on each fibre of a coarser value.
    Fibre(Shape),
}

/// A family of diagonal symmetries: α ranges over all functions of the items, or over sums of
/// some of their components.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    pub kind: Kind,
    pub parts: Vec<Part>,
    /// Number of values of each item.
    pub sizes: Vec<u64>,
    /// `None`: all functions; otherwise the components that occur, one span per item each.
    pub components: Option<Vec<Vec<Span>>>,
    pub dimension: u128,
}

/// A family of affine fields, one for each function β of some indices: what it does to each of the
/// parameters that it moves.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    /// Translations first.
    pub parts: Vec<Share>,
    /// Number of values of each item of β.
    pub sizes: Vec<u64>,
    /// `None`: β is any function; otherwise the components that occur, one span per item each.
    pub components: Option<Vec<Vec<Span>>>,
    pub dimension: u128,
    /// Real coordinates of a value of β.
    pub width: usize,
    /// The parameter does not reach the outputs at all.
    pub unused: bool,
}

/// What a family does to one parameter T.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    pub tensor: TensorId,
    pub coefficient: f64,
    pub how: How,
    /// For each item of β the index that it is taken at, in positions of axes of T (and bound letters
    /// from [`BOUND`]), and the function of it.
    pub items: Vec<(IndexExpr, Shape)>,
    /// Axes of the letters that are summed.
    pub bound: Vec<AxisId>,
}

/// How it is moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// δT = β.
    Constant,
    /// δT = β·T.
    Scale,
    /// δT = Σ β·Q at these indices.
    Along(TensorId, Vec<IndexExpr>),
}

impl How {
    pub fn rank(&self) -> u8 {
        match self {
            How::Constant => 0,
            How::Scale => 1,
            How::Along(..) => 2,
        }
    }
}

impl Share {
    /// The axis that carries each item, and the function of its index; `None` where an item is a
    /// function of more than that.
    pub fn axes(&self) -> Option<Vec<(usize, Shape)>> {
        let axis = |(at, shape): &(IndexExpr, Shape)| match (at.as_label(), shape) {
            (Some(l), shape) if l.0 < BOUND => Some((l.index(), shape.clone())),
            (None, None) => {
                let (l, shape) = abstracted(at)?;
                (l.0 < BOUND).then_some((l.index(), Some(shape)))
            }
            _ => None,
        };
        self.items.iter().map(axis).collect()
    }
}

/// The first bound letter.
pub(crate) const BOUND: u32 = 1 << 30;

/// The letter of an index function of one letter, and the function itself.
pub(crate) fn abstracted(expr: &IndexExpr) -> Option<(Label, IndexExpr)> {
    let mut letters = Vec::new();
    expr.for_each_label(&mut |l| letters.push(l));
    letters.dedup();
    let [letter] = letters[..] else { return None };
    Some((letter, substitute(expr, LETTER)))
}

/// The expression with another letter in place of every letter.
pub(crate) fn substitute(expr: &IndexExpr, with: Label) -> IndexExpr {
    let again = |e: &IndexExpr| Box::new(substitute(e, with));
    match expr {
        IndexExpr::Label(_) => IndexExpr::Label(with),
        IndexExpr::Constant(c) => IndexExpr::Constant(*c),
        IndexExpr::Add(a, b) => IndexExpr::Add(again(a), again(b)),
        IndexExpr::Sub(a, b) => IndexExpr::Sub(again(a), again(b)),
        IndexExpr::Mul(a, b) => IndexExpr::Mul(again(a), again(b)),
        IndexExpr::FloorDiv(a, n) => IndexExpr::FloorDiv(again(a), *n),
        IndexExpr::Mod(a, n) => IndexExpr::Mod(again(a), *n),
        IndexExpr::Lookup { tensor, index } => IndexExpr::Lookup {
            tensor: *tensor,
            index: index.iter().map(|e| substitute(e, with)).collect(),
        },
    }
}

pub(crate) fn mentions(expr: &IndexExpr, letter: Label) -> bool {
    let mut found = false;
    expr.for_each_label(&mut |l| found |= l == letter);
    found
}
