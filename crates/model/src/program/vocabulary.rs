//! What a graph is made of: few operations, closed under differentiation, so that gradients and higher derivatives run on
//! the same kernels.

use crate::curve::Curve;
use std::sync::Arc;

/// A dimension of arrays: an index letter, an axis of a tensor, the samples or the replicas.
pub(super) type Dim = u32;
/// A node of the graph; arguments have smaller numbers.
pub(super) type Id = u32;

/// A pointwise function that the kernels have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pointwise {
    Exp,
    Log,
    Sqrt,
    Tanh,
    Sigmoid,
    Erf,
    Sin,
    Cos,
    Relu,
    /// Derivative of relu: 1 for x > 0.
    Step,
    Leaky(f64),
    LeakyStep(f64),
    Abs,
    /// Derivative of |x|: 0 at 0.
    Sign,
    Power(f64),
    Inverse,
    /// A profile that is no expression, or a derivative of one.
    Curve(Curve),
    /// 1/x, and 0 at 0: in derivatives that are 0 by convention.
    InverseOrZero,
}

/// An array that is not computed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    /// A parameter: number of its block, part (0 real, 1 imaginary).
    Theta(usize, usize),
    /// A direction: its number, block, part.
    Direction(usize, usize, usize),
    /// A real input: number, part.
    Input(usize, usize),
    /// A cotangent of an output: number, part.
    Cotangent(usize, usize),
    /// Fixed entries.
    Constant(Arc<[f64]>),
}

/// How a node is computed. A dimension of an argument that the node lacks is summed in
/// `Contract` and allowed nowhere else; a dimension that an argument lacks is broadcast.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Leaf(Leaf),
    /// Σ of the product of one or two factors.
    Contract(Vec<Id>),
    /// Σ c·x.
    Combine(Vec<(Id, f64)>),
    Map(Pointwise, Id),
    /// Of c, x and y: x where c > 0, else y.
    Choose([Id; 3]),
    /// log Σ exp over the dimensions that are missing.
    LogSumExp(Id),
    /// Maximum over the dimensions that are missing.
    Max(Id),
    /// Of `x` and its maximum `y`: 1 at the first maximum, 0 elsewhere.
    FirstMax(Id, Id),
    /// The same entries with other names of the dimensions, one for one.
    Rename(Id, Vec<(Dim, Dim)>),
    /// Entries of an argument: the consumed dimensions are indexed by a table over the new ones;
    /// −1 is zero.
    Gather {
        from: Id,
        consumed: Vec<Dim>,
        new: Vec<Dim>,
        table: Arc<[i32]>,
    },
    /// The transpose of `Gather`: entries of a product of one or two factors are added where the table says.
    Scatter {
        factors: Vec<Id>,
        consumed: Vec<Dim>,
        new: Vec<Dim>,
        table: Arc<[i32]>,
    },
    /// `then` where the mask over `dims` holds, else `otherwise`.
    Select {
        dims: Vec<Dim>,
        mask: Arc<[bool]>,
        then: Id,
        otherwise: Id,
    },
}

impl Op {
    pub fn arguments(&self) -> Vec<Id> {
        match self {
            Op::Leaf(_) => vec![],
            Op::Contract(factors) => factors.clone(),
            Op::Combine(terms) => terms.iter().map(|t| t.0).collect(),
            Op::Map(_, x) | Op::LogSumExp(x) | Op::Max(x) | Op::Rename(x, _) => vec![*x],
            Op::FirstMax(x, y) => vec![*x, *y],
            Op::Choose(of) => of.to_vec(),
            Op::Gather { from, .. } => vec![*from],
            Op::Scatter { factors, .. } => factors.clone(),
            Op::Select {
                then, otherwise, ..
            } => vec![*then, *otherwise],
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub op: Op,
    /// Without repeats.
    pub dims: Vec<Dim>,
    /// Whether it depends on constants only, and is computed once.
    pub fixed: bool,
    /// What a contraction is multiplied by at the end.
    pub scale: f64,
}
