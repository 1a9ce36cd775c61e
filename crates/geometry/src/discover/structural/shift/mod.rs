//! Translations: parameters whose move by a function of some of their indices is absorbed downstream
//! (softmax over another index, centring, an unused output), is undone by moves of other parameters
//! (a bias in each of several branches), or is a scale of others (a bias under exp).

mod compensation;
pub(super) mod monomial;
pub(super) mod moves;

use super::rules::Reach;
use crate::factor::action::{How, Share, Shift};
use symbias_model::expression::{IndexExpr, Label, Model, TensorId};

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
