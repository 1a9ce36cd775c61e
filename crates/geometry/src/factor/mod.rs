//! Factors: families of generators of one group, in words and as generators, whoever finds them. Rules write them,
//! the established symmetry says which stand, and charges, orbits, gauges and biases read them.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::factor::sum_name;
//! let found = factors(&model);
//! let split = found[0].split(&model);
//! assert_eq!((split.symmetric.len(), split.antisymmetric.len()), (2, 0));
//! assert_eq!(sum_name([("gl(2)", 1), ("gl(2)", 1), ("R", 3)]), "gl(2)^2 + R^3");
//! # Ok::<(), symbias_model::Error>(())
//! ```

pub(crate) mod action;
pub(crate) mod family;
pub(crate) mod generators;
mod places;

pub use generators::Split;
pub use places::{SlotPlaces, are_listed};

use crate::field::AffineField;
use action::{Bond, Group, How, Kind, Scaling, Share, Shift, Span, mentions};
use std::collections::BTreeMap;
use symbias_model::expression::{Field, Label, Model, TensorId};

/// A parameter, and the axis along which a factor acts on it; `None` is every entry alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acted {
    /// The parameter's name.
    pub tensor: String,
    /// The letters of the axes acted on (`h`, `c·a`), as declared.
    pub axis: Option<String>,
}

/// One ideal of the symmetry algebra found by a rule: `copies` copies of a group.
#[derive(Clone, Debug)]
pub struct Factor {
    /// ASCII name of one copy, e.g. `gl(3)`, `so(2)`, `R`.
    pub base: String,
    /// Number of copies (for `R` the dimension).
    pub copies: u128,
    /// Dimension of the whole factor.
    pub dimension: u128,
    /// What it acts on.
    pub tensors: Vec<Acted>,
    /// The rule that proves it.
    pub rule: &'static str,
    pub(crate) action: Action,
}

/// How the factor acts.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Bond(Bond),
    Scaling(Scaling),
    Shift(Shift),
}

impl Factor {
    /// `gl(4)^2`, `R^16`, `so(2)`.
    #[must_use]
    pub fn name(&self) -> String {
        power(&self.base, self.copies)
    }

    /// Whether the factor's group is compact.
    #[must_use]
    pub fn is_compact(&self) -> bool {
        match &self.action {
            Action::Bond(bond) => match bond.group {
                Group::Orthogonal(Field::Real)
                | Group::Unitary
                | Group::OrthogonalFixingOnes
                | Group::PlaneRotations(_) => true,
                Group::Orthogonal(Field::Complex) | Group::GeneralLinear(_) => false,
            },
            Action::Scaling(scaling) => scaling.kind == Kind::Phase,
            Action::Shift(_) => false,
        }
    }

    /// Dimension of a maximal compact subgroup.
    #[must_use]
    pub fn compact_dimension(&self) -> u128 {
        match &self.action {
            Action::Bond(bond) => {
                let (n, copies) = (u128::from(bond.size), u128::from(bond.copies()));
                match bond.group {
                    Group::GeneralLinear(Field::Real) | Group::Orthogonal(Field::Complex) => {
                        copies * n * (n - 1) / 2
                    }
                    Group::GeneralLinear(Field::Complex) => {
                        copies * (n * n - u128::from(bond.traceless))
                    }
                    _ => self.dimension,
                }
            }
            Action::Scaling(scaling) if scaling.kind == Kind::Phase => self.dimension,
            Action::Scaling(_) | Action::Shift(_) => 0,
        }
    }

    /// Whether the factor moves a parameter that no output reads.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        matches!(&self.action, Action::Shift(shift) if shift.unused)
    }
}

/// `base^copies`, without the exponent 1.
pub(crate) fn power(base: &str, copies: u128) -> String {
    if copies == 1 {
        base.to_owned()
    } else {
        format!("{base}^{copies}")
    }
}

/// The ASCII name of a sum of ideals, each a base and its number of copies: families in
/// alphabetical order, `R^k` last, `0` for none.
#[must_use]
pub fn sum_name<'a>(ideals: impl IntoIterator<Item = (&'a str, u128)>) -> String {
    let mut copies: BTreeMap<(bool, &str), u128> = BTreeMap::new();
    for (base, count) in ideals {
        *copies.entry((base == "R", base)).or_insert(0) += count;
    }
    // gl(n) = sl(n) + R, larger ones first.
    let mut simple: Vec<(u64, u128)> = copies
        .iter()
        .filter_map(|((_, base), n)| {
            let size = base.strip_prefix("sl(")?.strip_suffix(')')?.parse().ok()?;
            Some((size, *n))
        })
        .collect();
    simple.sort_unstable_by(|a, b| b.cmp(a));
    let mut named: BTreeMap<(bool, String), u128> = copies
        .into_iter()
        .map(|((last, base), n)| ((last, base.to_owned()), n))
        .collect();
    for (size, count) in simple {
        let centre = named.get(&(true, "R".to_owned())).copied().unwrap_or(0);
        let joined = count.min(centre);
        *named.entry((false, format!("gl({size})"))).or_insert(0) += joined;
        *named.entry((false, format!("sl({size})"))).or_insert(0) -= joined;
        *named.entry((true, "R".to_owned())).or_insert(0) -= joined;
    }
    named.retain(|_, n| *n > 0);
    let terms: Vec<String> = named.iter().map(|((_, base), n)| power(base, *n)).collect();
    if terms.is_empty() {
        "0".to_owned()
    } else {
        terms.join(" + ")
    }
}

pub(crate) fn of_bond(model: &Model, bond: Bond) -> Option<Factor> {
    let n = bond.size;
    let copies = u128::from(bond.copies());
    let n2 = u128::from(n);
    let (base, copies, each, rule) = match &bond.group {
        Group::GeneralLinear(Field::Real) if n == 1 => {
            ("R".to_owned(), copies, 1, "contracted index")
        }
        Group::GeneralLinear(Field::Real) => {
            (format!("gl({n})"), copies, n2 * n2, "contracted index")
        }
        Group::GeneralLinear(Field::Complex) => (
            format!("gl({n},C)"),
            copies,
            2 * n2 * n2,
            "contracted index",
        ),
        Group::Orthogonal(Field::Real) => (
            format!("so({n})"),
            copies,
            n2 * (n2 - 1) / 2,
            "index kept by a metric",
        ),
        Group::Orthogonal(Field::Complex) => (
            format!("so({n},C)"),
            copies,
            n2 * (n2 - 1),
            "index kept by a bilinear form",
        ),
        Group::Unitary if n == 1 => (
            "so(2)".to_owned(),
            copies,
            1,
            "index kept by a Hermitian form",
        ),
        Group::Unitary => (
            format!("u({n})"),
            copies,
            n2 * n2,
            "index kept by a Hermitian form",
        ),
        Group::OrthogonalFixingOnes => (
            format!("so({})", n - 1),
            copies,
            (n2 - 1) * n2.saturating_sub(2) / 2,
            "index kept by a centred metric",
        ),
        Group::PlaneRotations(planes) => (
            "so(2)".to_owned(),
            copies * planes.len() as u128,
            1,
            "commutant of the rotary embedding",
        ),
    };
    // sl(n), su(n).
    let (base, each) = match (bond.traceless, &bond.group) {
        (true, Group::GeneralLinear(Field::Real)) => (format!("sl({n})"), n2 * n2 - 1),
        (true, Group::GeneralLinear(Field::Complex)) => (format!("sl({n},C)"), 2 * n2 * n2 - 2),
        (true, Group::Unitary) => (format!("su({n})"), n2 * n2 - 1),
        _ => (base, each),
    };
    let dimension = copies * each;
    let tensors = bond
        .slots
        .iter()
        .map(|(t, axes, _)| acted(model, *t, axes))
        .collect();
    (dimension > 0).then_some(Factor {
        base,
        copies,
        dimension,
        tensors,
        rule,
        action: Action::Bond(bond),
    })
}

pub(crate) fn of_scaling(model: &Model, scaling: Scaling) -> Factor {
    let (base, rule) = match scaling.kind {
        Kind::Scale => ("R", "homogeneity"),
        Kind::Phase => ("so(2)", "phase invariance"),
    };
    let tensors = scaling
        .parts
        .iter()
        .map(|p| {
            acted(
                model,
                p.tensor,
                &p.axes.iter().map(|a| a.0).collect::<Vec<_>>(),
            )
        })
        .collect();
    let (copies, dimension) = (scaling.dimension, scaling.dimension);
    Factor {
        base: base.into(),
        copies,
        dimension,
        tensors,
        rule,
        action: Action::Scaling(scaling),
    }
}

pub(crate) fn of_shift(model: &Model, shift: Shift) -> Factor {
    let scales = shift.parts.iter().any(|p| p.how == How::Scale);
    let rule = match shift.parts.len() {
        _ if shift.unused => "parameter that no output reads",
        _ if scales => "shift that is a scale elsewhere",
        1 => "shift absorbed downstream",
        _ => "shift cancelled by other biases",
    };
    // Items of which only constants occur are not acted on.
    let varies = |k: usize| {
        let constant = |c: &Vec<Span>| c[k] == Span::Constant;
        !shift
            .components
            .as_ref()
            .is_some_and(|c| c.iter().all(constant))
    };
    let axes = |share: &Share| -> Vec<usize> {
        let rank = model.tensor(share.tensor).axes.len();
        if matches!(share.how, How::Along(..)) {
            return (0..rank).collect();
        }
        let carries = |a: &usize| {
            let own = |k: usize| mentions(&share.items[k].0, Label(*a as u32));
            (0..share.items.len()).any(|k| varies(k) && own(k))
        };
        (0..rank).filter(carries).collect()
    };
    let tensors = shift
        .parts
        .iter()
        .map(|p| acted(model, p.tensor, &axes(p)))
        .collect();
    let (copies, dimension) = (shift.dimension, shift.dimension);
    Factor {
        base: "R".into(),
        copies,
        dimension,
        tensors,
        rule,
        action: Action::Shift(shift),
    }
}

fn acted(model: &Model, tensor: TensorId, axes: &[usize]) -> Acted {
    let info = model.tensor(tensor);
    let names: Vec<&str> = axes
        .iter()
        .map(|a| model.axes[info.axes[*a].index()].name.as_str())
        .collect();
    Acted {
        tensor: info.name.clone(),
        axis: (!names.is_empty()).then(|| names.join("*")),
    }
}

/// A factor's action as other rooms read it (charges, formulas, the decay driver).
#[derive(Clone, Debug)]
pub enum ActionView {
    /// `δT = X·T` along `axes` (fused, first slowest), or with −Xᵀ where dual, conjugate X̄
    /// where conjugate, for each value of the dependences.
    Matrix {
        /// The group's name without size: `gl`, `so`, `u`, `planes`, `so-fixing-ones`.
        group: &'static str,
        /// Whether X is complex.
        complex: bool,
        /// Size of X.
        size: u64,
        /// Copies of the group.
        copies: u64,
        /// The parameters acted on.
        slots: Vec<MatrixSlot>,
    },
    /// Entries multiplied by `exp(exponent·α(items))` (`exp(i·…)` if `phase`).
    Diagonal {
        /// Phases instead of scales.
        phase: bool,
        /// Parameter, exponent, and for each item the axis that carries it; `None` in place of
        /// an axis where the item is a function of the axis' index (`h//2`).
        parts: Vec<(TensorId, f64, Vec<Option<usize>>)>,
        /// Number of values of each item.
        sizes: Vec<u64>,
        /// Whether α ranges over all functions of the items.
        all: bool,
    },
    /// Translations of a parameter, `compensated` by others.
    Translation {
        /// The parameter.
        tensor: TensorId,
        /// The parameters that move or scale along with it, and whether linearly in θ.
        compensated: Vec<(TensorId, bool)>,
    },
}

/// One parameter's share in a matrix action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixSlot {
    /// The parameter.
    pub tensor: TensorId,
    /// The axes acted on jointly.
    pub axes: Vec<usize>,
    /// Acts by −Xᵀ.
    pub dual: bool,
    /// Acts by the complex conjugate.
    pub conjugate: bool,
    /// For each dependence the axis that carries it, `None` where it is a function of an index.
    pub dependences: Vec<Option<usize>>,
    /// Those axes in any case, and whether plain.
    pub dependence_axes: Vec<usize>,
}

impl Factor {
    /// The action, for reading.
    #[must_use]
    pub fn view(&self) -> ActionView {
        match &self.action {
            Action::Bond(bond) => {
                let (group, complex) = match &bond.group {
                    Group::GeneralLinear(f) if bond.traceless => ("sl", *f == Field::Complex),
                    Group::GeneralLinear(f) => ("gl", *f == Field::Complex),
                    Group::Orthogonal(f) => ("so", *f == Field::Complex),
                    Group::Unitary => ("u", true),
                    Group::OrthogonalFixingOnes => ("so-fixing-ones", false),
                    Group::PlaneRotations(_) => ("planes", false),
                };
                let slots = bond
                    .slots
                    .iter()
                    .map(|(tensor, axes, twist)| MatrixSlot {
                        tensor: *tensor,
                        axes: axes.clone(),
                        dual: twist.is_dual(),
                        conjugate: twist.is_conjugate(),
                        dependences: bond
                            .dependences
                            .iter()
                            .map(|d| d.at.get(tensor).filter(|p| p.1.is_none()).map(|p| p.0))
                            .collect(),
                        dependence_axes: bond
                            .dependences
                            .iter()
                            .filter_map(|d| d.at.get(tensor).map(|p| p.0))
                            .collect(),
                    })
                    .collect();
                ActionView::Matrix {
                    group,
                    complex,
                    size: bond.size,
                    copies: bond.copies(),
                    slots,
                }
            }
            Action::Scaling(s) => ActionView::Diagonal {
                phase: s.kind == Kind::Phase,
                parts: s
                    .parts
                    .iter()
                    .map(|p| {
                        let axes = p
                            .axes
                            .iter()
                            .map(|(a, shape)| shape.is_none().then_some(*a))
                            .collect();
                        (p.tensor, p.exponent, axes)
                    })
                    .collect(),
                sizes: s.sizes.clone(),
                all: s.components.is_none(),
            },
            Action::Shift(s) => ActionView::Translation {
                tensor: s.parts[0].tensor,
                compensated: s.parts[1..]
                    .iter()
                    .map(|p| (p.tensor, p.how != How::Constant))
                    .collect(),
            },
        }
    }
}

impl Factor {
    /// A basis of the factor's algebra on the flat parameter vector of `model.space()`.
    #[must_use]
    pub fn generators(&self, model: &Model) -> Vec<AffineField> {
        self.split(model).all()
    }

    /// The same basis, sorted into symmetric, antisymmetric and other generators.
    #[must_use]
    pub fn split(&self, model: &Model) -> Split {
        generators::of(self, model)
    }
}
