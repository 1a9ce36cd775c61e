//! The syntax tree of statements: what is written, not yet what it means.

use crate::error::Span;
use crate::expression::Comparison;

/// A word with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub text: String,
    pub span: Span,
}

/// `name[i,j] = expr`, or `name'[i,j] = expr` in a block.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub name: Name,
    pub prime: bool,
    pub letters: Vec<Name>,
    pub right: Expr,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// One syntax serves values, indices and conditions; who reads it says which parts are allowed.
#[derive(Clone, Debug)]
pub(super) enum ExprKind {
    Number(f64),
    Integer(i64),
    Text(String),
    /// `W[h,d]`, or a bare word.
    Name {
        name: String,
        index: Option<Vec<Expr>>,
    },
    /// `softmax[s](…, eps = 1)`.
    Call {
        name: Name,
        over: Option<Vec<Name>>,
        arguments: Vec<Expr>,
        named: Vec<(Name, Expr)>,
    },
    Negative(Box<Expr>),
    /// A sum; the flag says whether the term is subtracted.
    Sum(Vec<(bool, Expr)>),
    /// A chain of products, left to right; the first operator is `Times`.
    Product(Vec<(Operator, Expr)>),
    Power(Box<Expr>, Box<Expr>),
    /// `a < b <= c`.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
}

/// Operators of a product chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Times,
    Over,
    FloorDiv,
    Mod,
}

impl Expr {
    /// The number of its nodes.
    pub fn pieces(&self) -> u64 {
        let mut count = 1;
        self.for_each_child(&mut |child| count += child.pieces());
        count
    }

    /// The children that are values of the same scope or of scopes inside (not indices).
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Integer(_) | ExprKind::Text(_) => {}
            ExprKind::Name { index, .. } => index.iter().flatten().for_each(visit),
            ExprKind::Call {
                arguments, named, ..
            } => {
                arguments.iter().for_each(&mut *visit);
                named.iter().for_each(|(_, e)| visit(e));
            }
            ExprKind::Negative(a) | ExprKind::Not(a) => visit(a),
            ExprKind::Sum(terms) => terms.iter().for_each(|(_, e)| visit(e)),
            ExprKind::Product(factors) => factors.iter().for_each(|(_, e)| visit(e)),
            ExprKind::Power(a, b) => {
                visit(a);
                visit(b);
            }
            ExprKind::Compare(a, rest) => {
                visit(a);
                rest.iter().for_each(|(_, e)| visit(e));
            }
            ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(visit),
        }
    }
}
