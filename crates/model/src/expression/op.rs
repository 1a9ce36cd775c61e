//! The operations of the checked expression.

use super::{Condition, IndexExpr, Label, NodeId, TensorId};
use crate::curve::Curve;

/// One factor of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factor {
    /// The value.
    pub node: NodeId,
    /// Whether it divides.
    pub inverse: bool,
}

/// One term of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// The value.
    pub node: NodeId,
    /// Whether it is subtracted.
    pub negative: bool,
}

/// How a node is computed from its arguments. Complex arguments are allowed in `Access`,
/// `Product`, `Sum`, `Where`, `Reduce(Sum | Mean | Norm)`, `Axial(CumSum)`, in the complex
/// functions, `exp`, and as bases of integer powers; everything else is real.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A number; `-inf` only as a branch of `Where`.
    Number(f64),
    /// The value of an index expression, as a real: `pos(t)`.
    Position(IndexExpr),
    /// Entries of a tensor, one index expression per axis. With `zero`, outside is 0.
    /// A letter may occur several times (`A[i,i]` is the diagonal, or the trace if a
    /// surrounding `Reduce` sums it).
    Access {
        /// The tensor.
        tensor: TensorId,
        /// One expression per axis.
        index: Vec<IndexExpr>,
        /// Whether entries outside are zero instead of an error.
        zero: bool,
    },
    /// Σ over `summed` of the product of the factors (index notation's contraction).
    Product {
        /// The factors, at least one.
        factors: Vec<Factor>,
        /// The letters summed over this product, disjoint from the node's labels.
        summed: Vec<Label>,
    },
    /// Sum of terms; a term that lacks a label is broadcast.
    Sum {
        /// The terms, at least one.
        terms: Vec<Term>,
    },
    /// A pointwise function.
    Map {
        /// The function.
        function: Function,
        /// Its argument, with the same labels.
        argument: NodeId,
    },
    /// base^exponent with an exponent that is not one number. Entry by entry: where the exponent is known without
    /// parameters and real inputs and an integer, a product of bases, which may be negative or complex;
    /// elsewhere exp(exponent · log base).
    Power {
        /// The base.
        base: NodeId,
        /// The exponent.
        exponent: NodeId,
    },
    /// `max(a, b)`, `min(a, b)`, entry by entry; of equals the first.
    Extreme {
        /// Whether it is the larger of the two.
        largest: bool,
        /// The two values.
        pair: [NodeId; 2],
    },
    /// `sum[i](e)`, `mean`, `max`, `logsumexp`, `norm`: letters `over` disappear.
    Reduce {
        /// What is computed.
        reduction: Reduction,
        /// The letters reduced, each a label of the argument.
        over: Vec<Label>,
        /// The argument.
        argument: NodeId,
    },
    /// `softmax[i](e)` and others that keep the shape.
    Axial {
        /// What is computed.
        operation: Axial,
        /// The letters that it runs over, jointly, each a label of the argument.
        over: Vec<Label>,
        /// Added under the root (normalisations), 0 by default.
        eps: f64,
        /// The argument, with the same labels.
        argument: NodeId,
    },
    /// `where(condition, then, otherwise)`.
    Where {
        /// Integers only.
        condition: Condition,
        /// Value where it holds.
        then: NodeId,
        /// Value elsewhere.
        otherwise: NodeId,
    },
    /// Rotary embedding along `over` (language §12).
    Rope {
        /// The even axis that is rotated plane by plane.
        over: Label,
        /// The argument.
        argument: NodeId,
        /// The angle's factor p; never depends on a parameter, lacks `over`.
        position: NodeId,
        /// φ_m = p · base^(−2m/n).
        base: f64,
        /// Which entries make a plane.
        layout: RopeLayout,
    },
}

/// Pointwise functions (language §9, §13).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// max(e, 0), derivative 0 at 0.
    Relu,
    /// e for e > 0, slope·e otherwise.
    LeakyRelu(f64),
    /// |e|; derivative 0 at 0; modulus of a complex e (a real).
    Abs,
    /// e².
    Square,
    /// eᵖ with a constant exponent (integer exponents are exact products, also of a complex e).
    Power(f64),
    /// exp, also of a complex e.
    Exp,
    /// Natural logarithm.
    Log,
    /// Square root.
    Sqrt,
    /// −1, 0 or 1; derivative 0.
    Sign,
    /// 2/√π ∫₀ˣ e^{−t²} dt.
    Erf,
    /// A profile that is no expression: an inverse, an integral, a table.
    Profile(Curve),
    /// tanh.
    Tanh,
    /// 1/(1+e^{−x}).
    Sigmoid,
    /// x Φ(x), exact.
    Gelu,
    /// The tanh approximation of gelu.
    GeluTanh,
    /// x·sigmoid(x).
    Silu,
    /// sin.
    Sin,
    /// cos.
    Cos,
    /// Complex conjugate.
    Conj,
    /// Real part (a real).
    Re,
    /// Imaginary part (a real).
    Im,
    /// |z|² (a real).
    Abs2,
}

impl Function {
    /// Whether it maps integers to integers.
    pub(super) fn keeps_integers(self) -> bool {
        match self {
            Function::Relu | Function::Abs | Function::Sign | Function::Square => true,
            Function::Power(p) => p >= 0.0 && p.fract() == 0.0,
            _ => false,
        }
    }

    /// The name that the language has for it, or the file; a power has none.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::Relu => "relu",
            Function::LeakyRelu(_) => "leaky_relu",
            Function::Abs => "abs",
            Function::Square => "square",
            Function::Power(_) => "^",
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Sqrt => "sqrt",
            Function::Sign => "sign",
            Function::Erf => "erf",
            Function::Profile(curve) => curve.name(),
            Function::Tanh => "tanh",
            Function::Sigmoid => "sigmoid",
            Function::Gelu => "gelu",
            Function::GeluTanh => "gelu_tanh",
            Function::Silu => "silu",
            Function::Sin => "sin",
            Function::Cos => "cos",
            Function::Conj => "conj",
            Function::Re => "re",
            Function::Im => "im",
            Function::Abs2 => "abs2",
        }
    }
}

/// Reducing operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Σ.
    Sum,
    /// Σ/n.
    Mean,
    /// Largest entry; the derivative goes to the first maximum.
    Max,
    /// log Σ exp.
    LogSumExp,
    /// √Σ|e|²; derivative 0 at 0.
    Norm,
}

impl Reduction {
    /// The name that the language has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Max => "max",
            Reduction::LogSumExp => "logsumexp",
            Reduction::Norm => "norm",
        }
    }
}

/// Shape-keeping operations along letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axial {
    /// exp(e)/Σ exp(e).
    Softmax,
    /// e − logsumexp(e).
    LogSoftmax,
    /// Inclusive running sum along one letter.
    CumSum,
    /// e/√(Σe² + eps).
    Normalize,
    /// e/√(mean e² + eps).
    RmsNorm,
    /// (e − mean e)/√(var e + eps), biased variance, per vector along the letters.
    LayerNorm,
    /// The same formula as `LayerNorm`, used across samples (BatchNorm).
    Standardize,
}

impl Axial {
    /// The name that the language has for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Axial::Softmax => "softmax",
            Axial::LogSoftmax => "log_softmax",
            Axial::CumSum => "cumsum",
            Axial::Normalize => "normalize",
            Axial::RmsNorm => "rmsnorm",
            Axial::LayerNorm => "layernorm",
            Axial::Standardize => "standardize",
        }
    }
}

/// Which entries make a rotary plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RopeLayout {
    /// (m, m + n/2).
    Half,
    /// (2m, 2m + 1).
    Pairs,
}

/// Comparisons of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// <
    Less,
    /// <=
    LessEqual,
    /// >
    Greater,
    /// >=
    GreaterEqual,
    /// ==
    Equal,
    /// !=
    NotEqual,
}

impl Comparison {
    /// The sign that the language has for it.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        }
    }

    /// Whether a ⋈ b.
    #[must_use]
    pub fn holds(self, a: i64, b: i64) -> bool {
        match self {
            Comparison::Less => a < b,
            Comparison::LessEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterEqual => a >= b,
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
        }
    }
}

impl Op {
    /// The nodes that it reads, in order.
    #[must_use]
    pub fn arguments(&self) -> Vec<NodeId> {
        match self {
            Op::Number(_) | Op::Position(_) | Op::Access { .. } => vec![],
            Op::Product { factors, .. } => factors.iter().map(|f| f.node).collect(),
            Op::Sum { terms } => terms.iter().map(|t| t.node).collect(),
            Op::Map { argument, .. } | Op::Reduce { argument, .. } | Op::Axial { argument, .. } => {
                vec![*argument]
            }
            Op::Power { base, exponent } => vec![*base, *exponent],
            Op::Extreme { pair, .. } => pair.to_vec(),
            Op::Where {
                then, otherwise, ..
            } => vec![*then, *otherwise],
            Op::Rope {
                argument, position, ..
            } => vec![*argument, *position],
        }
    }
}
