//! Translations: parameters whose move by a function of some of their indices is absorbed downstream
//! (softmax over another index, centring, an unused output), is undone by moves of other parameters
//! (a bias in each of several branches), or is a scale of others (a bias under exp).

mod compensation;
pub(super) mod monomial;
pub(super) mod moves;

use super::bonds::Shape;
use super::rules::Reach;
use super::scaling::Span;
use symbias_model::expression::{AxisId, IndexExpr, Label, Model, TensorId};

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
    /// from [`monomial::BOUND`]), and the function of it.
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
            (Some(l), shape) if l.0 < monomial::BOUND => Some((l.index(), shape.clone())),
            (None, None) => {
                let (l, shape) = super::bonds::abstracted(at)?;
                (l.0 < monomial::BOUND).then_some((l.index(), Some(shape)))
            }
            _ => None,
        };
        self.items.iter().map(axis).collect()
    }
}

/// Parameters that no output reads.
pub(super) fn unused(model: &Model, reach: &Reach) -> Vec<Shift> {
    let unread = model.parameters().filter(|t| !reach.tensors[t.index()]);
    let whole = |tensor: TensorId| {
        let width = model.tensor(tensor).field.width();
        let position = |p: usize| (IndexExpr::Label(Label(p as u32)), None);
        Shift {
            parts: vec![Share {
                tensor,
                coefficient: 1.0,
                how: How::Constant,
                items: (0..model.tensor(tensor).axes.len()).map(position).collect(),
                bound: Vec::new(),
            }],
            sizes: model.shape(tensor),
            components: None,
            dimension: u128::from(model.entries(tensor)) * width as u128,
            width,
            unused: true,
        }
    };
    unread.map(whole).collect()
}
