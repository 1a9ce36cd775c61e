//! Integer index expressions and the conditions made of them (language §10, §11).

use super::op::Comparison;
use super::{Label, TensorId};

/// An integer expression of index letters, inside `[...]`, `pos(...)` or a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum IndexExpr {
    /// The value of a letter, 0..size−1.
    Label(Label),
    /// An integer (sizes are already numbers).
    Constant(i64),
    /// a + b.
    Add(Box<IndexExpr>, Box<IndexExpr>),
    /// a − b.
    Sub(Box<IndexExpr>, Box<IndexExpr>),
    /// a · b.
    Mul(Box<IndexExpr>, Box<IndexExpr>),
    /// ⌊a / n⌋, n ≥ 1.
    FloorDiv(Box<IndexExpr>, i64),
    /// a mod n in 0..n, n ≥ 1.
    Mod(Box<IndexExpr>, i64),
    /// An entry of an integer constant or input: `row[n]`.
    Lookup {
        /// The integer tensor.
        tensor: TensorId,
        /// Its indices.
        index: Vec<IndexExpr>,
    },
}

impl IndexExpr {
    /// Visits the letters, with repeats, left to right.
    pub fn for_each_label(&self, visit: &mut impl FnMut(Label)) {
        match self {
            IndexExpr::Label(label) => visit(*label),
            IndexExpr::Constant(_) => {}
            IndexExpr::Add(a, b) | IndexExpr::Sub(a, b) | IndexExpr::Mul(a, b) => {
                a.for_each_label(visit);
                b.for_each_label(visit);
            }
            IndexExpr::FloorDiv(a, _) | IndexExpr::Mod(a, _) => a.for_each_label(visit),
            IndexExpr::Lookup { index, .. } => index.iter().for_each(|i| i.for_each_label(visit)),
        }
    }

    /// The letter, if the expression is one letter and nothing else.
    #[must_use]
    pub fn as_label(&self) -> Option<Label> {
        match self {
            IndexExpr::Label(label) => Some(*label),
            _ => None,
        }
    }

    /// The expression as text, with the given names of letters; lookups as `#`.
    #[must_use]
    pub fn display(&self, name: &impl Fn(Label) -> String) -> String {
        self.written(name, &|_, _| "#".to_owned())
    }

    /// The expression as text, with the given words for letters and for lookups.
    #[must_use]
    pub fn written(
        &self,
        name: &dyn Fn(Label) -> String,
        lookup: &dyn Fn(TensorId, &[IndexExpr]) -> String,
    ) -> String {
        let text = |e: &IndexExpr| e.written(name, lookup);
        let inner = |e: &IndexExpr| match e {
            IndexExpr::Add(..) | IndexExpr::Sub(..) => format!("({})", text(e)),
            _ => text(e),
        };
        // To the right of an operator: chains run from the left.
        let right = |e: &IndexExpr| match e {
            IndexExpr::FloorDiv(..) | IndexExpr::Mod(..) => format!("({})", text(e)),
            IndexExpr::Constant(c) if *c < 0 => format!("({c})"),
            _ => inner(e),
        };
        match self {
            IndexExpr::Label(l) => name(*l),
            IndexExpr::Constant(c) => c.to_string(),
            IndexExpr::Add(a, b) => match b.as_ref() {
                IndexExpr::Constant(c) if *c < 0 => format!("{}{c}", text(a)),
                _ => format!("{}+{}", text(a), inner(b)),
            },
            IndexExpr::Sub(a, b) => match (a.as_ref(), b.as_ref()) {
                (IndexExpr::Constant(0), b) => format!("-{}", right(b)),
                (a, IndexExpr::Constant(c)) if *c < 0 => {
                    format!("{}+{}", text(a), c.unsigned_abs())
                }
                (a, b) => format!("{}-{}", text(a), inner(b)),
            },
            IndexExpr::Mul(a, b) => format!("{}*{}", inner(a), right(b)),
            IndexExpr::FloorDiv(a, n) => format!("{}//{n}", inner(a)),
            IndexExpr::Mod(a, n) => format!("{}%{n}", inner(a)),
            IndexExpr::Lookup { tensor, index } => lookup(*tensor, index),
        }
    }

    /// The value, given the values of letters and of lookups.
    pub fn evaluate(
        &self,
        label: &impl Fn(Label) -> i64,
        lookup: &impl Fn(TensorId, &[i64]) -> i64,
    ) -> i64 {
        match self {
            IndexExpr::Label(l) => label(*l),
            IndexExpr::Constant(c) => *c,
            IndexExpr::Add(a, b) => a
                .evaluate(label, lookup)
                .wrapping_add(b.evaluate(label, lookup)),
            IndexExpr::Sub(a, b) => a
                .evaluate(label, lookup)
                .wrapping_sub(b.evaluate(label, lookup)),
            IndexExpr::Mul(a, b) => a
                .evaluate(label, lookup)
                .wrapping_mul(b.evaluate(label, lookup)),
            IndexExpr::FloorDiv(a, n) => a.evaluate(label, lookup).div_euclid(*n),
            IndexExpr::Mod(a, n) => a.evaluate(label, lookup).rem_euclid(*n),
            IndexExpr::Lookup { tensor, index } => {
                let at: Vec<i64> = index.iter().map(|i| i.evaluate(label, lookup)).collect();
                lookup(*tensor, &at)
            }
        }
    }
}

/// A condition of `where`: compares integers only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// a ⋈ b.
    Compare(Comparison, IndexExpr, IndexExpr),
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// Either.
    Or(Box<Condition>, Box<Condition>),
    /// The opposite.
    Not(Box<Condition>),
}

impl Condition {
    /// Visits the letters, with repeats.
    pub fn for_each_label(&self, visit: &mut impl FnMut(Label)) {
        match self {
            Condition::Compare(_, a, b) => {
                a.for_each_label(visit);
                b.for_each_label(visit);
            }
            Condition::And(a, b) | Condition::Or(a, b) => {
                a.for_each_label(visit);
                b.for_each_label(visit);
            }
            Condition::Not(a) => a.for_each_label(visit),
        }
    }

    /// Its truth, given the values of letters and of lookups.
    pub fn evaluate(
        &self,
        label: &impl Fn(Label) -> i64,
        lookup: &impl Fn(TensorId, &[i64]) -> i64,
    ) -> bool {
        match self {
            Condition::Compare(c, a, b) => {
                c.holds(a.evaluate(label, lookup), b.evaluate(label, lookup))
            }
            Condition::And(a, b) => a.evaluate(label, lookup) && b.evaluate(label, lookup),
            Condition::Or(a, b) => a.evaluate(label, lookup) || b.evaluate(label, lookup),
            Condition::Not(a) => !a.evaluate(label, lookup),
        }
    }
}
