//! Index expressions and conditions (language §10, §11): from syntax to integers, and their
//! bounds.

use super::axes::Axes;
use super::check::{Checker, Scope};
use super::syntax::{Expr, ExprKind, Operator};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Condition, IndexExpr, Label, Source, TensorId};
use std::collections::BTreeSet;

/// Parts of one index expression, at most.
const PARTS: usize = 256;

/// Values of letters that are tried one by one when the interval says nothing, at most.
const TRIES: u64 = 1 << 16;

impl Checker<'_> {
    /// An integer expression; letters stand bare in an index, inside `pos` in a condition.
    pub(super) fn integer(&self, expr: &Expr, bare: bool, scope: &Scope<'_>) -> Result<IndexExpr> {
        let mut parts = 0;
        self.integer_part(expr, bare, scope, &mut parts)
    }

    fn integer_part(
        &self,
        expr: &Expr,
        bare: bool,
        scope: &Scope<'_>,
        parts: &mut usize,
    ) -> Result<IndexExpr> {
        *parts += 1;
        if *parts > PARTS {
            return Err(Error::new(
                ErrorKind::Syntax,
                format!("an index expression of more than {PARTS} parts"),
            )
            .at(expr.span));
        }
        let mut part = |e: &Expr| self.integer_part(e, bare, scope, parts);
        match &expr.kind {
            ExprKind::Integer(n) => Ok(IndexExpr::Constant(*n)),
            ExprKind::Negative(inner) => Ok(sub(IndexExpr::Constant(0), part(inner)?)),
            ExprKind::Sum(terms) => {
                let mut total: Option<IndexExpr> = None;
                for (negative, term) in terms {
                    let term = part(term)?;
                    total = Some(match (total, negative) {
                        (None, false) => term,
                        (None, true) => sub(IndexExpr::Constant(0), term),
                        (Some(total), false) => add(total, term),
                        (Some(total), true) => sub(total, term),
                    });
                }
                Ok(total.unwrap_or(IndexExpr::Constant(0)))
            }
            ExprKind::Product(factors) => {
                let mut total: Option<IndexExpr> = None;
                for (op, factor) in factors {
                    let value = part(factor)?;
                    total = Some(match total {
                        None => value,
                        Some(total) => times(total, *op, value, factor.span)?,
                    });
                }
                Ok(total.unwrap_or(IndexExpr::Constant(1)))
            }
            ExprKind::Name { name, index } => {
                self.integer_name(name, index.as_deref(), expr.span, bare, scope, parts)
            }
            ExprKind::Call {
                name,
                over: None,
                arguments,
                named,
            } if arguments.len() == 1 && named.is_empty() => match name.text.as_str() {
                "pos" => self.integer_part(&arguments[0], true, scope, parts),
                "size" => {
                    let size = self.axes.size(self.size_letter(&arguments[0])?);
                    Ok(IndexExpr::Constant(size as i64))
                }
                _ => Err(not_integer(expr.span)),
            },
            _ => Err(not_integer(expr.span)),
        }
    }

    fn integer_name(
        &self,
        name: &str,
        index: Option<&[Expr]>,
        span: Span,
        bare: bool,
        scope: &Scope<'_>,
        parts: &mut usize,
    ) -> Result<IndexExpr> {
        if index.is_none() {
            match self.axes.find(name) {
                Some(label) if bare => return Ok(IndexExpr::Label(label)),
                Some(_) => {
                    return Err(Error::new(
                        ErrorKind::Index,
                        format!("the letter `{name}` is not a value"),
                    )
                    .at(span)
                    .remedy(format!("its value is written pos({name})")));
                }
                None if self.lookup(name, scope).is_none() => {
                    return self.axes.label(name, span).map(IndexExpr::Label);
                }
                None => {}
            }
        }
        let tensor = self.find(name, span, scope)?;
        let integers = match &self.tensors[tensor.index()].source {
            Source::Input { index, .. } | Source::Constant { index, .. } => index.is_some(),
            _ => false,
        };
        if !integers {
            return Err(Error::new(
                ErrorKind::Index,
                format!("`{name}` holds real numbers and cannot be an index"),
            )
            .at(span)
            .remedy(format!(
                "declare it as integers: {name} = {{ axes = [...], index = \"i\", … }}"
            )));
        }
        let mut at = Vec::new();
        for e in index.unwrap_or(&[]) {
            at.push(self.integer_part(e, true, scope, parts)?);
        }
        self.fits(tensor, &at, index.unwrap_or(&[]), false, span)?;
        Ok(IndexExpr::Lookup { tensor, index: at })
    }

    /// The letter of `size(i)`.
    pub(super) fn size_letter(&self, expr: &Expr) -> Result<Label> {
        match &expr.kind {
            ExprKind::Name { name, index: None } => self.axes.label(name, expr.span),
            _ => Err(
                Error::new(ErrorKind::Index, "`size` takes one index letter, size(i)")
                    .at(expr.span),
            ),
        }
    }

    /// Whether an access is legal: one index per axis, letters on their axes, values in bounds.
    pub(super) fn fits(
        &self,
        tensor: TensorId,
        index: &[IndexExpr],
        written: &[Expr],
        zero: bool,
        span: Span,
    ) -> Result<()> {
        let found = &self.tensors[tensor.index()];
        if index.len() != found.axes.len() {
            let axes = self.axes_of(tensor);
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "`{}` has {} axes [{axes}], found {} indices",
                    found.name,
                    found.axes.len(),
                    index.len()
                ),
            )
            .at(span)
            .note(found.span, "declared here")
            .remedy(format!("write {}[{axes}]", found.name)));
        }
        for ((e, axis), expr) in index.iter().zip(&found.axes).zip(written) {
            let size = self.axes.axes[axis.index()].size;
            if let Some(label) = e.as_label() {
                if self.axes.axis(label) != *axis {
                    return Err(self.two_axes(label, tensor, *axis, expr.span));
                }
                continue;
            }
            let (low, high) =
                range(e, &self.axes, &|t| self.index_size(t)).ok_or_else(|| overflow(expr.span))?;
            let outside = low < 0 || high >= i128::from(size);
            if outside && !zero {
                return Err(Error::new(
                    ErrorKind::Index,
                    format!(
                        "this index runs from {low} to {high}, the axis {} from 0 to {}",
                        self.axes.describe(*axis),
                        size - 1
                    ),
                )
                .at(expr.span)
                .remedy("entries outside are read as zeros in zero(x[…])"));
            }
        }
        Ok(())
    }

    fn two_axes(
        &self,
        label: Label,
        tensor: TensorId,
        axis: crate::expression::AxisId,
        span: Span,
    ) -> Error {
        let letter = self.axes.name(label);
        let tensor = &self.tensors[tensor.index()];
        let own = self.axes.describe(self.axes.axis(label));
        let other = self.axes.describe(axis);
        let name = &self.axes.axes[axis.index()].name;
        Error::new(
            ErrorKind::Index,
            format!(
                "the index `{letter}` is used on two axes: its own, {own}, and {other} of `{}`",
                tensor.name
            ),
        )
        .at(span)
        .note(
            self.axes.span(label),
            format!("`{letter}` is declared here"),
        )
        .note(tensor.span, format!("`{}` is declared here", tensor.name))
        .remedy(format!(
            "use an index of that axis, or declare {letter} = \"{name}\" if both are the same axis"
        ))
    }

    /// The size of the axis that an integer tensor indexes.
    fn index_size(&self, tensor: TensorId) -> u64 {
        match &self.tensors[tensor.index()].source {
            Source::Input { index: Some(a), .. } | Source::Constant { index: Some(a), .. } => {
                self.axes.axes[a.index()].size
            }
            _ => 1,
        }
    }

    /// A condition of `where`.
    pub(super) fn condition(&self, expr: &Expr, scope: &Scope<'_>) -> Result<Condition> {
        let all = |list: &[Expr], make: fn(Box<Condition>, Box<Condition>) -> Condition| {
            if list.len() > PARTS {
                return Err(Error::new(
                    ErrorKind::Syntax,
                    format!("a condition of more than {PARTS} parts"),
                )
                .at(expr.span));
            }
            let mut conditions = list.iter().map(|e| self.condition(e, scope));
            let first = conditions
                .next()
                .ok_or_else(|| not_condition(expr.span))??;
            conditions.try_fold(first, |a, b| Ok(make(Box::new(a), Box::new(b?))))
        };
        match &expr.kind {
            ExprKind::And(list) => all(list, Condition::And),
            ExprKind::Or(list) => all(list, Condition::Or),
            ExprKind::Not(inner) => Ok(Condition::Not(Box::new(self.condition(inner, scope)?))),
            ExprKind::Compare(first, rest) if rest.len() <= PARTS => {
                let mut left = self.condition_side(first, scope)?;
                let mut whole: Option<Condition> = None;
                for (comparison, right) in rest {
                    let right = self.condition_side(right, scope)?;
                    let one = Condition::Compare(*comparison, left, right.clone());
                    left = right;
                    whole = Some(match whole {
                        None => one,
                        Some(before) => Condition::And(Box::new(before), Box::new(one)),
                    });
                }
                whole.ok_or_else(|| not_condition(expr.span))
            }
            _ => Err(not_condition(expr.span)),
        }
    }

    fn condition_side(&self, expr: &Expr, scope: &Scope<'_>) -> Result<IndexExpr> {
        let side = self.integer(expr, false, scope)?;
        range(&side, &self.axes, &|t| self.index_size(t)).ok_or_else(|| overflow(expr.span))?;
        Ok(side)
    }

    /// Checks the value of `pos(e)`.
    pub(super) fn position_fits(&self, index: &IndexExpr, span: Span) -> Result<()> {
        range(index, &self.axes, &|t| self.index_size(t))
            .map(|_| ())
            .ok_or_else(|| overflow(span))
    }
}

fn not_integer(span: Span) -> Error {
    Error::new(ErrorKind::Index, "this is no integer index expression")
        .at(span)
        .remedy("indices are letters, integers, size(i), row[n] with + - * // % and brackets")
}

fn not_condition(span: Span) -> Error {
    Error::new(ErrorKind::Syntax, "this is no condition")
        .at(span)
        .remedy("conditions compare pos(i), size(i) and integers: where(pos(s) <= pos(t), a, b)")
}

fn overflow(span: Span) -> Error {
    Error::new(ErrorKind::Index, "this integer leaves the 64-bit range").at(span)
}

fn add(a: IndexExpr, b: IndexExpr) -> IndexExpr {
    match (&a, &b) {
        (IndexExpr::Constant(x), IndexExpr::Constant(y)) if x.checked_add(*y).is_some() => {
            IndexExpr::Constant(x + y)
        }
        _ => IndexExpr::Add(Box::new(a), Box::new(b)),
    }
}

fn sub(a: IndexExpr, b: IndexExpr) -> IndexExpr {
    match (&a, &b) {
        (IndexExpr::Constant(x), IndexExpr::Constant(y)) if x.checked_sub(*y).is_some() => {
            IndexExpr::Constant(x - y)
        }
        _ => IndexExpr::Sub(Box::new(a), Box::new(b)),
    }
}

fn times(a: IndexExpr, op: Operator, b: IndexExpr, span: Span) -> Result<IndexExpr> {
    let divisor = || match b {
        IndexExpr::Constant(n) if n >= 1 => Ok(n),
        _ => Err(Error::new(
            ErrorKind::Index,
            "an index is divided by a constant integer ≥ 1",
        )
        .at(span)),
    };
    match op {
        Operator::Times => Ok(match (&a, &b) {
            (IndexExpr::Constant(x), IndexExpr::Constant(y)) if x.checked_mul(*y).is_some() => {
                IndexExpr::Constant(x * y)
            }
            _ => IndexExpr::Mul(Box::new(a), Box::new(b)),
        }),
        Operator::FloorDiv => Ok(match (&a, divisor()?) {
            (IndexExpr::Constant(x), n) => IndexExpr::Constant(x.div_euclid(n)),
            (_, n) => IndexExpr::FloorDiv(Box::new(a), n),
        }),
        Operator::Mod => Ok(match (&a, divisor()?) {
            (IndexExpr::Constant(x), n) => IndexExpr::Constant(x.rem_euclid(n)),
            (_, n) => IndexExpr::Mod(Box::new(a), n),
        }),
        Operator::Over => Err(
            Error::new(ErrorKind::Index, "indices are integers, `/` is not")
                .at(span)
                .remedy("write h//2 for the integer part"),
        ),
    }
}

/// Smallest and largest value; exact where letters are few, an enclosure otherwise. None if
/// some value on the way leaves the 64-bit integers.
fn range(e: &IndexExpr, axes: &Axes, lookup: &dyn Fn(TensorId) -> u64) -> Option<(i128, i128)> {
    let enclosure = interval(e, axes, lookup)?;
    let (mut letters, mut lookups) = (BTreeSet::new(), false);
    e.for_each_label(&mut |label| {
        letters.insert(label);
    });
    has_lookup(e, &mut lookups);
    let letters: Vec<Label> = letters.into_iter().collect();
    let tries = letters
        .iter()
        .try_fold(1u64, |n, l| n.checked_mul(axes.size(*l)))
        .filter(|n| *n <= TRIES && !lookups);
    let Some(tries) = tries else {
        return Some(enclosure);
    };
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for mut k in 0..tries {
        let values: Vec<i64> = letters
            .iter()
            .map(|l| {
                let n = axes.size(*l);
                let value = (k % n) as i64;
                k /= n;
                value
            })
            .collect();
        let label = |l: Label| {
            letters
                .iter()
                .position(|x| *x == l)
                .map_or(0, |i| values[i])
        };
        let value = e.evaluate(&label, &|_, _| 0);
        (low, high) = (low.min(value), high.max(value));
    }
    Some((i128::from(low), i128::from(high)))
}

fn has_lookup(e: &IndexExpr, found: &mut bool) {
    match e {
        IndexExpr::Label(_) | IndexExpr::Constant(_) => {}
        IndexExpr::Add(a, b) | IndexExpr::Sub(a, b) | IndexExpr::Mul(a, b) => {
            has_lookup(a, found);
            has_lookup(b, found);
        }
        IndexExpr::FloorDiv(a, _) | IndexExpr::Mod(a, _) => has_lookup(a, found),
        IndexExpr::Lookup { .. } => *found = true,
    }
}

fn interval(e: &IndexExpr, axes: &Axes, lookup: &dyn Fn(TensorId) -> u64) -> Option<(i128, i128)> {
    let of = |e: &IndexExpr| interval(e, axes, lookup);
    let (low, high) = match e {
        IndexExpr::Label(label) => (0, i128::from(axes.size(*label)) - 1),
        IndexExpr::Constant(c) => (i128::from(*c), i128::from(*c)),
        IndexExpr::Add(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            (a + c, b + d)
        }
        IndexExpr::Sub(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            (a - d, b - c)
        }
        IndexExpr::Mul(a, b) => {
            let ((a, b), (c, d)) = (of(a)?, of(b)?);
            let corners = [a * c, a * d, b * c, b * d];
            (
                corners.iter().copied().min()?,
                corners.iter().copied().max()?,
            )
        }
        IndexExpr::FloorDiv(a, n) => {
            let ((a, b), n) = (of(a)?, i128::from(*n));
            (a.div_euclid(n), b.div_euclid(n))
        }
        IndexExpr::Mod(a, n) => {
            let ((a, b), n) = (of(a)?, i128::from(*n));
            if a.div_euclid(n) == b.div_euclid(n) {
                (a.rem_euclid(n), b.rem_euclid(n))
            } else {
                (0, n - 1)
            }
        }
        IndexExpr::Lookup { tensor, .. } => (0, i128::from(lookup(*tensor)) - 1),
    };
    let bits = i128::from(i64::MIN)..=i128::from(i64::MAX);
    (bits.contains(&low) && bits.contains(&high)).then_some((low, high))
}
