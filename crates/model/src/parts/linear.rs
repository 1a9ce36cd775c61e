//! Index expressions as sums: constant + Σ coefficient · atom, where an atom is a letter, a lookup,
//! or a quotient, remainder or product that is no such sum itself.

use crate::expression::{Condition, IndexExpr, Label, Model, Source, TensorId};

/// constant + Σ coefficient · atom.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Linear {
    pub constant: i128,
    /// Distinct atoms, coefficients not zero.
    pub terms: Vec<(i128, IndexExpr)>,
}

impl Linear {
    /// The sum that an expression is.
    pub fn of(expr: &IndexExpr, model: &Model) -> Linear {
        let again = |e: &IndexExpr| Linear::of(e, model);
        match expr {
            IndexExpr::Constant(c) => Linear {
                constant: i128::from(*c),
                terms: Vec::new(),
            },
            IndexExpr::Label(_) | IndexExpr::Lookup { .. } => Linear::atom(expr.clone()),
            IndexExpr::Add(a, b) => again(a).plus(&again(b), 1),
            IndexExpr::Sub(a, b) => again(a).plus(&again(b), -1),
            IndexExpr::Mul(a, b) => {
                let (a, b) = (again(a), again(b));
                match (a.terms.is_empty(), b.terms.is_empty()) {
                    _ if a.is_large() || b.is_large() => Linear::atom(expr.clone()),
                    (true, _) => Linear::default().plus(&b, a.constant),
                    (_, true) => Linear::default().plus(&a, b.constant),
                    _ => Linear::atom(IndexExpr::Mul(Box::new(a.expr()), Box::new(b.expr()))),
                }
            }
            IndexExpr::FloorDiv(a, n) => {
                let (quotient, rest) = again(a).divided(*n);
                match rest.quotient(*n, model) {
                    Some(more) => Linear {
                        constant: quotient.constant + more,
                        ..quotient
                    },
                    None => {
                        let atom = IndexExpr::FloorDiv(Box::new(rest.expr()), *n);
                        quotient.plus(&Linear::atom(atom), 1)
                    }
                }
            }
            IndexExpr::Mod(a, n) => {
                let (_, mut rest) = again(a).divided(*n);
                match rest.quotient(*n, model) {
                    Some(more) => {
                        rest.constant -= more * i128::from(*n);
                        rest
                    }
                    None => Linear::atom(IndexExpr::Mod(Box::new(rest.expr()), *n)),
                }
            }
        }
    }

    /// Whether a product with it may leave 128 bits (of numbers that are multiplied by a letter
    /// which is always 0, so that the bounds of the text say nothing).
    fn is_large(&self) -> bool {
        let coefficients = self.terms.iter().map(|t| t.0);
        coefficients
            .chain([self.constant])
            .any(|c| c.unsigned_abs() > 1 << 55)
    }

    fn atom(expr: IndexExpr) -> Linear {
        Linear {
            constant: 0,
            terms: vec![(1, expr)],
        }
    }

    fn plus(mut self, other: &Linear, factor: i128) -> Linear {
        self.constant += factor * other.constant;
        for (coefficient, atom) in &other.terms {
            match self.terms.iter_mut().find(|(_, a)| a == atom) {
                Some((known, _)) => *known += factor * coefficient,
                None => self.terms.push((factor * coefficient, atom.clone())),
            }
        }
        self.terms.retain(|(c, _)| *c != 0);
        self
    }

    /// Quotient and rest of a division by n: self = n · quotient + rest, the rest without multiples.
    fn divided(self, n: i64) -> (Linear, Linear) {
        let n = i128::from(n);
        let (multiples, others) = self.terms.into_iter().partition(|(c, _)| c % n == 0);
        let quotient = Linear {
            constant: self.constant.div_euclid(n),
            terms: scaled_down(multiples, n),
        };
        let rest = Linear {
            constant: self.constant.rem_euclid(n),
            terms: others,
        };
        (quotient, rest)
    }

    /// ⌊self/n⌋, if it is one number.
    fn quotient(&self, n: i64, model: &Model) -> Option<i128> {
        let (low, high) = self.range(model)?;
        let n = i128::from(n);
        (low.div_euclid(n) == high.div_euclid(n)).then(|| low.div_euclid(n))
    }

    /// Bounds of the values; `None` if they leave 64 bits.
    fn range(&self, model: &Model) -> Option<(i128, i128)> {
        let (mut low, mut high) = (self.constant, self.constant);
        for (coefficient, atom) in &self.terms {
            let (a, b) = range(atom, model)?;
            let (a, b) = (coefficient.checked_mul(a)?, coefficient.checked_mul(b)?);
            (low, high) = (low + a.min(b), high + a.max(b));
        }
        let bits = i128::from(i64::MIN)..=i128::from(i64::MAX);
        (bits.contains(&low) && bits.contains(&high)).then_some((low, high))
    }

    /// The sum as an expression; largest coefficients first, as a mixed radix is written.
    pub fn expr(&self) -> IndexExpr {
        let mut terms: Vec<&(i128, IndexExpr)> = self.terms.iter().collect();
        terms.sort_by_key(|(c, _)| std::cmp::Reverse(*c));
        let mut total: Option<IndexExpr> = None;
        for (coefficient, atom) in terms {
            let size = Box::new(match coefficient.unsigned_abs() {
                1 => atom.clone(),
                c => times(c as i64, atom.clone()),
            });
            total = Some(match (total, *coefficient > 0) {
                (None, true) => *size,
                (None, false) => IndexExpr::Sub(Box::new(IndexExpr::Constant(0)), size),
                (Some(sum), true) => IndexExpr::Add(Box::new(sum), size),
                (Some(sum), false) => IndexExpr::Sub(Box::new(sum), size),
            });
        }
        let constant = self.constant as i64;
        match total {
            None => IndexExpr::Constant(constant),
            Some(sum) => plus(sum, constant),
        }
    }
}

fn scaled_down(terms: Vec<(i128, IndexExpr)>, n: i128) -> Vec<(i128, IndexExpr)> {
    terms.into_iter().map(|(c, a)| (c / n, a)).collect()
}

/// expr + constant.
pub(super) fn plus(expr: IndexExpr, constant: i64) -> IndexExpr {
    let with = |c: i64| Box::new(IndexExpr::Constant(c));
    match constant {
        0 => expr,
        c if c > 0 => IndexExpr::Add(Box::new(expr), with(c)),
        c => IndexExpr::Sub(Box::new(expr), with(c.wrapping_neg())),
    }
}

/// constant · expr.
pub(super) fn times(constant: i64, expr: IndexExpr) -> IndexExpr {
    match constant {
        1 => expr,
        c => IndexExpr::Mul(Box::new(IndexExpr::Constant(c)), Box::new(expr)),
    }
}

/// Bounds of the values of an expression; `None` if they leave 64 bits.
pub(super) fn range(expr: &IndexExpr, model: &Model) -> Option<(i128, i128)> {
    match expr {
        IndexExpr::Label(label) => Some((0, i128::from(model.label_size(*label)) - 1)),
        IndexExpr::Lookup { tensor, .. } => {
            let axis = lookup_axis(*tensor, model)?;
            Some((0, i128::from(model.axis_size(axis)) - 1))
        }
        IndexExpr::FloorDiv(a, n) => {
            let ((low, high), n) = (range(a, model)?, i128::from(*n));
            Some((low.div_euclid(n), high.div_euclid(n)))
        }
        IndexExpr::Mod(a, n) => {
            let ((low, high), n) = (range(a, model)?, i128::from(*n));
            Some(if low.div_euclid(n) == high.div_euclid(n) {
                (low.rem_euclid(n), high.rem_euclid(n))
            } else {
                (0, n - 1)
            })
        }
        IndexExpr::Mul(a, b) => {
            let ((a, b), (c, d)) = (range(a, model)?, range(b, model)?);
            let corners = [a * c, a * d, b * c, b * d];
            let (low, high) = (corners.iter().min()?, corners.iter().max()?);
            let bits = i128::from(i64::MIN)..=i128::from(i64::MAX);
            (bits.contains(low) && bits.contains(high)).then_some((*low, *high))
        }
        IndexExpr::Constant(c) => Some((i128::from(*c), i128::from(*c))),
        IndexExpr::Add(..) | IndexExpr::Sub(..) => Linear::of(expr, model).range(model),
    }
}

/// The axis that the values of an integer tensor index.
pub(super) fn lookup_axis(tensor: TensorId, model: &Model) -> Option<crate::expression::AxisId> {
    match &model.tensor(tensor).source {
        Source::Input { index, .. } | Source::Constant { index, .. } => *index,
        _ => None,
    }
}

/// The expression with letters and looked-up tensors replaced.
pub(super) fn replaced(
    expr: &IndexExpr,
    letter: &impl Fn(Label) -> IndexExpr,
    tensor: &impl Fn(TensorId) -> TensorId,
) -> IndexExpr {
    let again = |e: &IndexExpr| Box::new(replaced(e, letter, tensor));
    match expr {
        IndexExpr::Label(l) => letter(*l),
        IndexExpr::Constant(c) => IndexExpr::Constant(*c),
        IndexExpr::Add(a, b) => IndexExpr::Add(again(a), again(b)),
        IndexExpr::Sub(a, b) => IndexExpr::Sub(again(a), again(b)),
        IndexExpr::Mul(a, b) => IndexExpr::Mul(again(a), again(b)),
        IndexExpr::FloorDiv(a, n) => IndexExpr::FloorDiv(again(a), *n),
        IndexExpr::Mod(a, n) => IndexExpr::Mod(again(a), *n),
        IndexExpr::Lookup { tensor: t, index } => IndexExpr::Lookup {
            tensor: tensor(*t),
            index: index.iter().map(|i| *again(i)).collect(),
        },
    }
}

/// The condition with letters and looked-up tensors replaced.
pub(super) fn replaced_condition(
    condition: &Condition,
    letter: &impl Fn(Label) -> IndexExpr,
    tensor: &impl Fn(TensorId) -> TensorId,
) -> Condition {
    let again = |c: &Condition| Box::new(replaced_condition(c, letter, tensor));
    match condition {
        Condition::Compare(how, a, b) => Condition::Compare(
            *how,
            replaced(a, letter, tensor),
            replaced(b, letter, tensor),
        ),
        Condition::And(a, b) => Condition::And(again(a), again(b)),
        Condition::Or(a, b) => Condition::Or(again(a), again(b)),
        Condition::Not(a) => Condition::Not(again(a)),
    }
}
