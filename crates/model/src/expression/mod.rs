//! The checked expression: what a model file means, free of its spelling.
//!
//! A [`Model`] is a directed acyclic graph. *Tensors* are named arrays with ordered axes
//! (parameters, inputs, constants, and those defined by a statement). *Nodes* are values with
//! *labelled* dimensions: index letters without order, which is what index notation means.
//! [`Op::Access`] turns a tensor into a node, and a definition ([`Source::Defined`]) a node
//! into a tensor. Everything implicit in the text (which index is summed where) is explicit
//! here. A model holds no arrays.
//!
//! Invariants, guaranteed by the checker (`language`):
//! * `Node::labels` has no repeats; nodes come before their users in `Model::nodes`, and
//!   tensors before the nodes that access them in definition order (`Model::order`).
//! * In `Product`, `Sum`, `Where`, an argument's labels are a subset of
//!   `labels ∪ summed`; a missing label means broadcast.
//! * All sizes are ≥ 1; the numbers of a tensor, and those of all parameters, inputs and constants of the graph together, fit
//!   in `i64`. The letters of a node may have more values than that.
//! * Blocks are expanded: `Model::repetitions` says how many copies stand for how many.

mod index;
mod integer;
mod loss;
mod op;
mod reading;

pub use index::{Condition, IndexExpr};
pub(crate) use integer::is_integer;
pub use loss::{Divisor, Loss};
pub use op::{Axial, Comparison, Factor, Function, Op, Reduction, RopeLayout, Term};

use crate::error::Span;
use crate::space::ParameterSpace;

/// Real or complex entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// ℝ.
    #[default]
    Real,
    /// ℂ, stored as (re, im); metric Re⟨·,·⟩.
    Complex,
}

impl Field {
    /// Real coordinates per entry.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Field::Real => 1,
            Field::Complex => 2,
        }
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// Position in its table.
            #[must_use]
            pub fn index(self) -> usize { self.0 as usize }
        }
    };
}
id!(/** An axis; aliases share it. Index into [`Model::axes`]. */ AxisId);
id!(/** An index letter or word. Index into [`Model::labels`]. */ Label);
id!(/** A named tensor. Index into [`Model::tensors`]. */ TensorId);
id!(/** A labelled value. Index into [`Model::nodes`]. */ NodeId);

/// An axis: equal sizes are not the same axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The letter or word that declared it.
    pub name: String,
    /// Its size, ≥ 1.
    pub size: u64,
}

/// An index letter (or word) and the axis that it runs over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelInfo {
    /// The letter.
    pub name: String,
    /// Its axis.
    pub axis: AxisId,
}

/// A random law, for inputs and generated constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// N(0, 1).
    Normal,
    /// U(0, 1).
    Uniform,
    /// ±1 with equal probability.
    Sign,
}

/// Where the entries of a constant come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstantSource {
    /// One number for all entries.
    Value(f64),
    /// All entries, row-major (complex: re, im innermost).
    Values(std::sync::Arc<[f64]>),
    /// An array of a file: safetensors, NPY or CSV ([`crate::data::read_array`]).
    File {
        /// The file, of the model file's folder.
        file: crate::data::File,
        /// The name in it of the tensor (without one: that of the constant) or column (all columns).
        key: Option<String>,
    },
    /// Drawn from a law with a seed.
    Random {
        /// The law of each entry.
        law: Law,
        /// The seed.
        seed: u64,
    },
}

/// What a named tensor is.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Trained.
    Parameter,
    /// Given with each sample (or batch).
    Input {
        /// Its law, used for probes (real or complex inputs).
        law: Law,
        /// For integer inputs: the axis that the values index (drawn uniformly for probes).
        index: Option<AxisId>,
    },
    /// Fixed.
    Constant {
        /// Where its entries come from.
        source: ConstantSource,
        /// For integer constants: the axis that the values index.
        index: Option<AxisId>,
    },
    /// Defined by a statement: entry `[l₁, …]` is the node at those labels.
    Defined {
        /// The value.
        node: NodeId,
        /// The left side's indices, one per axis of the tensor.
        labels: Vec<Label>,
    },
}

/// A named tensor with ordered axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Its name; in a repetition of a block `layer.3.Wq`.
    pub name: String,
    /// Its axes in declared order.
    pub axes: Vec<AxisId>,
    /// Real or complex.
    pub field: Field,
    /// What it is.
    pub source: Source,
    /// Where it is declared.
    pub span: Span,
}

/// A value with labelled dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// How it is computed.
    pub op: Op,
    /// Its free index letters, without repeats, in the order of first occurrence.
    pub labels: Vec<Label>,
    /// Real or complex.
    pub field: Field,
    /// Where it stands in the text.
    pub span: Span,
}

/// A block of the file and how it was expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// The block's name; its copies' tensors are `name.k.tensor`, k from 0.
    pub block: String,
    /// Repetitions that the file asks for.
    pub count: u64,
    /// Copies in this graph, ≤ count.
    pub copies: u64,
    /// Names of the parameters that are separate in each repetition.
    pub parameters: Vec<String>,
    /// Names of the parameters that the repetitions share.
    pub tied: Vec<String>,
    /// The name of the tensor that each repetition maps to its next value.
    pub carry: String,
    /// The statements that call the block, in order.
    pub calls: Vec<BlockCall>,
}

/// A statement that calls a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockCall {
    /// The tensor that it defines.
    pub result: String,
    /// What the names of its copies' tensors begin with: `prefix.k.tensor`.
    pub prefix: String,
    /// The tensor that the first copy reads as its carry.
    pub first: String,
}

/// What [`Model::bare_entry`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BareEntry {
    /// The tensor.
    pub tensor: TensorId,
    /// The letters of its axes, distinct.
    pub letters: Vec<Label>,
    /// Definitions that only rename, from the node inwards.
    pub through: Vec<TensorId>,
}

/// A checked model: the predictor map F of theory §1 as a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The model's name.
    pub name: String,
    /// Axes.
    pub axes: Vec<Axis>,
    /// Index letters.
    pub labels: Vec<LabelInfo>,
    /// Named tensors: parameters in declared order, inputs, constants, definitions.
    pub tensors: Vec<Tensor>,
    /// Labelled values, arguments before users.
    pub nodes: Vec<Node>,
    /// Defined tensors in an order in which each comes after those it uses.
    pub order: Vec<TensorId>,
    /// The tensors that make up F(θ).
    pub outputs: Vec<TensorId>,
    /// The sample axis, where the file declares one.
    pub batch: Option<AxisId>,
    /// The loss, where the file has one.
    pub loss: Option<Loss>,
    /// Blocks and their copies.
    pub repetitions: Vec<Repetition>,
}

impl Model {
    /// The size of an axis.
    #[must_use]
    pub fn axis_size(&self, axis: AxisId) -> u64 {
        self.axes[axis.index()].size
    }

    /// The tensor entry that a node is, seen through definitions that only rename or transpose:
    /// the tensor that is no such definition, and the distinct letters of its axes. With the
    /// definitions on the way, outermost first.
    #[must_use]
    pub fn bare_entry(&self, node: NodeId) -> Option<BareEntry> {
        let Op::Access {
            tensor,
            index,
            zero: false,
        } = &self.node(node).op
        else {
            return None;
        };
        let letters: Vec<Label> = index
            .iter()
            .map(IndexExpr::as_label)
            .collect::<Option<_>>()?;
        if (1..letters.len()).any(|i| letters[..i].contains(&letters[i])) {
            return None;
        }
        let direct = BareEntry {
            tensor: *tensor,
            letters,
            through: Vec::new(),
        };
        let Source::Defined { node, labels } = &self.tensor(*tensor).source else {
            return Some(direct);
        };
        let Some(inner) = self.bare_entry(*node) else {
            return Some(direct);
        };
        let place = |l: &Label| {
            labels
                .iter()
                .position(|x| x == l)
                .map(|p| direct.letters[p])
        };
        let letters = inner.letters.iter().map(place).collect::<Option<_>>()?;
        let through = std::iter::once(*tensor).chain(inner.through).collect();
        Some(BareEntry {
            tensor: inner.tensor,
            letters,
            through,
        })
    }

    /// The size of the axis that a letter runs over.
    #[must_use]
    pub fn label_size(&self, label: Label) -> u64 {
        self.axis_size(self.labels[label.index()].axis)
    }

    /// A tensor.
    #[must_use]
    pub fn tensor(&self, id: TensorId) -> &Tensor {
        &self.tensors[id.index()]
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The tensor of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<TensorId> {
        self.tensors
            .iter()
            .position(|t| t.name == name)
            .map(|i| TensorId(i as u32))
    }

    /// Sizes of a tensor's axes.
    #[must_use]
    pub fn shape(&self, id: TensorId) -> Vec<u64> {
        self.tensor(id)
            .axes
            .iter()
            .map(|a| self.axis_size(*a))
            .collect()
    }

    /// Number of entries of a tensor (real or complex).
    #[must_use]
    pub fn entries(&self, id: TensorId) -> u64 {
        self.shape(id).iter().product()
    }

    /// The parameters, in declared order.
    pub fn parameters(&self) -> impl Iterator<Item = TensorId> + '_ {
        self.ids(|s| matches!(s, Source::Parameter))
    }

    /// The inputs, in declared order.
    pub fn inputs(&self) -> impl Iterator<Item = TensorId> + '_ {
        self.ids(|s| matches!(s, Source::Input { .. }))
    }

    /// The constants, in declared order.
    pub fn constants(&self) -> impl Iterator<Item = TensorId> + '_ {
        self.ids(|s| matches!(s, Source::Constant { .. }))
    }

    fn ids<'a>(
        &'a self,
        keep: impl Fn(&Source) -> bool + 'a,
    ) -> impl Iterator<Item = TensorId> + 'a {
        self.tensors
            .iter()
            .enumerate()
            .filter(move |(_, t)| keep(&t.source))
            .map(|(i, _)| TensorId(i as u32))
    }

    /// d as the file asks for it: all repetitions counted, whatever the copies in this graph.
    #[must_use]
    pub fn parameter_count(&self) -> u128 {
        self.parameters()
            .map(|id| {
                let tensor = self.tensor(id);
                (u128::from(self.entries(id)) * tensor.field.width() as u128)
                    .saturating_mul(u128::from(self.copy_weight(&tensor.name)))
            })
            .fold(0, u128::saturating_add)
    }

    /// The block (a place in [`Model::repetitions`]) and the name in it of a parameter that is
    /// separate in each copy.
    #[must_use]
    pub fn copy_of<'a>(&self, name: &'a str) -> Option<(usize, &'a str)> {
        let (block, _, tensor) = self.copy(name)?;
        Some((block, tensor))
    }

    fn copy<'a>(&self, name: &'a str) -> Option<(usize, u64, &'a str)> {
        self.repetitions.iter().enumerate().find_map(|(i, r)| {
            let rest = name.strip_prefix(&r.block)?.strip_prefix('.')?;
            let (copy, tensor) = rest.split_once('.')?;
            let copy = copy.parse().ok()?;
            let known = r.parameters.iter().any(|p| p == tensor);
            known.then_some((i, copy, tensor))
        })
    }

    /// How many tensors of the file the parameter of this name stands for: 1, except in the
    /// last copy of an abridged block, which stands for itself and the copies left out.
    #[must_use]
    pub fn copy_weight(&self, name: &str) -> u64 {
        match self.copy(name) {
            Some((block, copy, _)) if copy + 1 == self.repetitions[block].copies => {
                let r = &self.repetitions[block];
                r.count - r.copies + 1
            }
            _ => 1,
        }
    }

    /// Whether every repetition of every block stands in the graph.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.repetitions.iter().all(|r| r.copies == r.count)
    }

    /// The parameter space of this graph (its copies of blocks).
    #[must_use]
    pub fn space(&self) -> ParameterSpace {
        ParameterSpace::new(self.parameters().map(|id| {
            let tensor = self.tensor(id);
            (
                tensor.name.clone(),
                self.shape(id).iter().map(|n| *n as usize).collect(),
                tensor.field,
            )
        }))
    }
}
