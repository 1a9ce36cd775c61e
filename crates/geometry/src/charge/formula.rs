//! Charges of factors found by rules, as formulas over the named tensors; their values are
//! computed from the formula, and tests compare them with the generators.

use crate::factor::action::Kind;
use crate::factor::action::{Bond, Group, Shape};
use crate::factor::action::{How, Share, Shift};
use crate::factor::action::{Scaling, Span};
use crate::factor::{Action, Factor};
use symbias_model::expression::{Field, Model, TensorId};

/// The charges of one factor, indexed by `letters`.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Name and number of values of each free index (per unit, per head, …).
    pub letters: Vec<(String, u64)>,
    pub(super) form: Form,
    pub(super) terms: Vec<Term>,
    /// Which functions of the free indices weigh the charges; `None`: each alone.
    pub(super) combinations: Option<Vec<Vec<Span>>>,
    /// Dimension of the space of these charges.
    pub count: u128,
}

/// What stands at each value of the free indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Half a sum of squares.
    Squares,
    /// A sum of entries.
    Entries,
    /// A sum of entries and half a sum of squares.
    Affine,
    /// The entries of a symmetric matrix.
    Symmetric { size: u64, traceless: bool },
    /// The entries of a Hermitian matrix.
    Hermitian { size: u64, traceless: bool },
    /// The imaginary entries of a Hermitian matrix.
    Imaginary { size: u64 },
}

/// Coefficient times a sum over one tensor.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub tensor: TensorId,
    pub coefficient: f64,
    /// Axes that carry the matrix index.
    pub matrix: Vec<usize>,
    /// For each free index the axis that carries it, and the function of it.
    pub free: Vec<(usize, Shape)>,
    pub conjugate: bool,
    /// Of a sum of both kinds, whether it has the squares.
    pub square: bool,
}

/// The charges of every factor that has some.
#[must_use]
pub fn charges(model: &Model, factors: &[Factor]) -> Vec<Charge> {
    factors.iter().filter_map(|f| of(model, f)).collect()
}

fn of(model: &Model, factor: &Factor) -> Option<Charge> {
    match &factor.action {
        Action::Bond(bond) => of_bond(model, bond),
        Action::Scaling(scaling) => of_scaling(model, scaling),
        Action::Shift(shift) => of_shift(model, shift),
    }
}

fn axis_name(model: &Model, tensor: TensorId, axis: usize) -> String {
    model.axes[model.tensor(tensor).axes[axis].index()]
        .name
        .clone()
}

/// Names for free indices, as the first tensor that carries each names it; distinct.
fn letters(model: &Model, terms: &[Term], sizes: &[u64]) -> Vec<(String, u64)> {
    let mut names: Vec<(String, u64)> = Vec::new();
    for (k, size) in sizes.iter().enumerate() {
        let plain = terms
            .iter()
            .find(|t| t.free[k].1.is_none())
            .or(terms.first());
        let mut name =
            plain.map_or_else(|| "i".into(), |t| axis_name(model, t.tensor, t.free[k].0));
        while names.iter().any(|n| n.0 == name) {
            name.push('2');
        }
        names.push((name, *size));
    }
    names
}

fn of_bond(model: &Model, bond: &Bond) -> Option<Charge> {
    let size = bond.size;
    let (n, copies) = (u128::from(size), u128::from(bond.copies()));
    let lost = u128::from(bond.traceless);
    let (form, each) = match &bond.group {
        Group::GeneralLinear(Field::Real) if n == 1 => (Form::Squares, 1),
        Group::GeneralLinear(Field::Real) => (
            Form::Symmetric {
                size,
                traceless: bond.traceless,
            },
            n * (n + 1) / 2 - lost,
        ),
        Group::GeneralLinear(Field::Complex) => (
            Form::Hermitian {
                size,
                traceless: bond.traceless,
            },
            n * n - lost,
        ),
        Group::Orthogonal(Field::Complex) => (Form::Imaginary { size }, n * (n - 1) / 2),
        _ => return None,
    };
    let terms: Vec<Term> = bond
        .slots
        .iter()
        .map(|(tensor, axes, twist)| Term {
            tensor: *tensor,
            coefficient: if twist.is_dual() { -1.0 } else { 1.0 },
            matrix: axes.clone(),
            free: bond
                .dependences
                .iter()
                .map(|d| d.at[tensor].clone())
                .collect(),
            conjugate: twist.is_conjugate(),
            square: false,
        })
        .collect();
    let sizes: Vec<u64> = bond.dependences.iter().map(|d| d.size).collect();
    Some(Charge {
        letters: letters(model, &terms, &sizes),
        form,
        terms,
        combinations: None,
        count: each * copies,
    })
}

/// Indices in which every function occurs stay free, those in which only constants occur are
/// summed; `None` if the components are not of that kind. Returns which to keep.
fn kept(components: &[Vec<Span>]) -> Option<Vec<bool>> {
    let width = components.first()?.len();
    let mut product = 1;
    let mut kept = Vec::new();
    for k in 0..width {
        let occurs = |span: &Span| components.iter().any(|c| c[k] == *span);
        let only = |spans: &[Span]| components.iter().all(|c| spans.contains(&c[k]));
        if only(&[Span::Constant]) {
            kept.push(false);
        } else if only(&[Span::Constant, Span::Centred])
            && occurs(&Span::Constant)
            && occurs(&Span::Centred)
        {
            kept.push(true);
            product *= 2;
        } else {
            return None;
        }
    }
    (product == components.len()).then_some(kept)
}

/// Sums over the indices in which only constants occur.
fn simplified(terms: &mut [Term], sizes: &mut Vec<u64>, combinations: &mut Option<Vec<Vec<Span>>>) {
    let Some(kept) = combinations.as_ref().and_then(|c| kept(c)) else {
        return;
    };
    let keep = |k: usize| kept[k];
    for term in terms {
        let mut k = 0;
        term.free.retain(|_| {
            k += 1;
            keep(k - 1)
        });
    }
    let mut k = 0;
    sizes.retain(|_| {
        k += 1;
        keep(k - 1)
    });
    *combinations = None;
}

fn of_scaling(model: &Model, scaling: &Scaling) -> Option<Charge> {
    (scaling.kind == Kind::Scale).then(|| of_diagonal(model, scaling))
}

/// Scales or phases as a weighted sum of squares for each value of the free indices: the charge of
/// a scale; of a phase, which has none, only the blocks that it turns.
#[must_use]
pub fn diagonal(model: &Model, factor: &Factor) -> Option<Charge> {
    match &factor.action {
        Action::Scaling(scaling) => Some(of_diagonal(model, scaling)),
        Action::Bond(bond) if bond.size == 1 => of_bond(model, bond),
        _ => None,
    }
}

fn of_diagonal(model: &Model, scaling: &Scaling) -> Charge {
    let mut terms: Vec<Term> = scaling
        .parts
        .iter()
        .map(|p| Term {
            tensor: p.tensor,
            coefficient: p.exponent,
            matrix: Vec::new(),
            free: p.axes.clone(),
            conjugate: false,
            square: false,
        })
        .collect();
    // What grows comes first.
    terms.sort_by_key(|t| t.coefficient < 0.0);
    let (mut sizes, mut combinations) = (scaling.sizes.clone(), scaling.components.clone());
    simplified(&mut terms, &mut sizes, &mut combinations);
    Charge {
        letters: letters(model, &terms, &sizes),
        form: Form::Squares,
        terms,
        combinations,
        count: scaling.dimension,
    }
}

/// A translation has a linear charge; with scales beside it the sum of both.
fn of_shift(model: &Model, shift: &Shift) -> Option<Charge> {
    let term = |share: &Share| {
        // Moving a parameter along another one is not symmetric: no charge.
        let square = match share.how {
            How::Constant => false,
            How::Scale => true,
            How::Along(..) => return None,
        };
        Some(Term {
            tensor: share.tensor,
            coefficient: share.coefficient,
            matrix: Vec::new(),
            free: share.axes()?,
            conjugate: false,
            square,
        })
    };
    let mut terms: Vec<Term> = shift.parts.iter().map(term).collect::<Option<_>>()?;
    let (mut sizes, mut combinations) = (shift.sizes.clone(), shift.components.clone());
    simplified(&mut terms, &mut sizes, &mut combinations);
    let form = if terms.iter().any(|t| t.square) {
        Form::Affine
    } else {
        Form::Entries
    };
    Some(Charge {
        letters: letters(model, &terms, &sizes),
        form,
        terms,
        combinations,
        count: shift.dimension,
    })
}
