//! Axes and index letters (language §2): sizes, exact size arithmetic, aliases.

use super::CheckOptions;
use super::file::{File, Size};
use super::syntax::{Expr, ExprKind, Name, Operator};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Axis, AxisId, Label, LabelInfo};
use std::collections::HashMap;

/// The size of the sample axis where neither the file nor the caller gives one.
const BATCH: u64 = 8;

/// Letters that refer to letters that refer to letters, at most.
const CHAIN: usize = 100;

/// The axes of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Axes {
    pub axes: Vec<Axis>,
    pub labels: Vec<LabelInfo>,
    pub batch: Option<AxisId>,
    letters: HashMap<String, Label>,
    spans: Vec<Span>,
}

/// Resolves the table `axes` and the key `batch`.
pub(super) fn resolve(file: &File, options: &CheckOptions) -> Result<Axes> {
    let mut resolver = Resolver {
        sizes: file
            .axes
            .iter()
            .map(|(name, size)| (name.text.as_str(), (name, size)))
            .collect(),
        options,
        found: HashMap::new(),
        axes: Vec::new(),
        open: Vec::new(),
    };
    let mut axes = Axes::default();
    for (name, _) in &file.axes {
        let axis = resolver.letter(name)?;
        axes.letter(name, axis);
    }
    if let Some(batch) = &file.batch {
        let axis = match resolver.found.get(&batch.text) {
            Some(axis) => *axis,
            None => {
                super::file::word(batch, "sample axis")?;
                let size = options.sizes.get(&batch.text).copied().unwrap_or(BATCH);
                let axis = resolver.axis(&batch.text, i128::from(size), batch.span)?;
                axes.letter(batch, axis);
                axis
            }
        };
        axes.batch = Some(axis);
    }
    axes.axes = resolver.axes;
    for name in options.sizes.keys() {
        let own = axes.letters.get(name.as_str()).is_some_and(|label| {
            let axis = axes.labels[label.index()].axis;
            axes.axes[axis.index()].name == *name
        });
        if !own {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("a size is given for `{name}`, which is not an axis of the model"),
            )
            .suggest(name, axes.axes.iter().map(|a| a.name.as_str())));
        }
    }
    Ok(axes)
}

impl Axes {
    fn letter(&mut self, name: &Name, axis: AxisId) {
        let label = Label(self.labels.len() as u32);
        self.letters.insert(name.text.clone(), label);
        self.spans.push(name.span);
        self.labels.push(LabelInfo {
            name: name.text.clone(),
            axis,
        });
    }

    /// A hidden letter with an axis of its own.
    pub fn hidden(&mut self, name: &str, size: u64) -> Label {
        let axis = AxisId(self.axes.len() as u32);
        self.axes.push(Axis {
            name: name.to_owned(),
            size,
        });
        let label = Label(self.labels.len() as u32);
        self.spans.push(Span::default());
        self.labels.push(LabelInfo {
            name: name.to_owned(),
            axis,
        });
        label
    }

    /// The label of a letter, if it is declared.
    pub fn find(&self, letter: &str) -> Option<Label> {
        self.letters.get(letter).copied()
    }

    /// The label of a letter, or an error.
    pub fn label(&self, letter: &str, span: Span) -> Result<Label> {
        self.find(letter).ok_or_else(|| {
            let error = Error::new(
                ErrorKind::Unknown,
                format!("the index `{letter}` is not declared"),
            )
            .at(span);
            match crate::error::nearest(letter, self.letters.keys().map(String::as_str)) {
                Some(near) if near.len() > 1 => error.remedy(format!(
                    "did you mean `{near}`? Index letters are declared in `axes`"
                )),
                _ => error.remedy(format!("declare it: axes = {{ {letter} = 16, … }}")),
            }
        })
    }

    pub fn name(&self, label: Label) -> &str {
        &self.labels[label.index()].name
    }

    pub fn axis(&self, label: Label) -> AxisId {
        self.labels[label.index()].axis
    }

    pub fn size(&self, label: Label) -> u64 {
        self.axes[self.axis(label).index()].size
    }

    /// Where the letter is declared.
    pub fn span(&self, label: Label) -> Span {
        self.spans[label.index()]
    }

    /// `h (16)`: an axis for messages.
    pub fn describe(&self, axis: AxisId) -> String {
        let axis = &self.axes[axis.index()];
        format!("`{}` (size {})", axis.name, axis.size)
    }

    /// Evaluates size arithmetic after the axes are known (the count of a block).
    pub fn evaluate(&self, size: &Size) -> Result<(u64, Span)> {
        let (value, span) = match size {
            Size::Number(n, span) => (i128::from(*n), *span),
            Size::Written(expr) => (
                arithmetic(expr, &mut |name| {
                    Ok(i128::from(self.size(self.label(name, expr.span)?)))
                })?,
                expr.span,
            ),
        };
        positive("the count", value, span).map(|n| (n, span))
    }
}

struct Resolver<'a> {
    sizes: HashMap<&'a str, (&'a Name, &'a Size)>,
    options: &'a CheckOptions,
    found: HashMap<String, AxisId>,
    axes: Vec<Axis>,
    open: Vec<String>,
}

impl Resolver<'_> {
    fn axis(&mut self, name: &str, size: i128, span: Span) -> Result<AxisId> {
        let size = positive(&format!("the size of `{name}`"), size, span)?;
        let axis = AxisId(self.axes.len() as u32);
        self.axes.push(Axis {
            name: name.to_owned(),
            size,
        });
        Ok(axis)
    }

    fn letter(&mut self, name: &Name) -> Result<AxisId> {
        if let Some(axis) = self.found.get(&name.text) {
            return Ok(*axis);
        }
        let Some((declared, size)) = self.sizes.get(name.text.as_str()).copied() else {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("`{}` is not declared in `axes`", name.text),
            )
            .at(name.span)
            .suggest(&name.text, self.sizes.keys().copied()));
        };
        if self.open.contains(&name.text) || self.open.len() > CHAIN {
            self.open.push(name.text.clone());
            return Err(Error::new(
                ErrorKind::Definition,
                format!("sizes refer to each other: {}", self.open.join(" -> ")),
            )
            .at(declared.span)
            .remedy("give one of them a number"));
        }
        self.open.push(name.text.clone());
        let axis = self.size(declared, size)?;
        self.open.pop();
        self.found.insert(name.text.clone(), axis);
        Ok(axis)
    }

    fn size(&mut self, name: &Name, size: &Size) -> Result<AxisId> {
        let given = self.options.sizes.get(&name.text).copied();
        match (given, size) {
            (None, Size::Number(n, span)) => self.axis(&name.text, i128::from(*n), *span),
            (None, Size::Written(expr)) => {
                if let ExprKind::Name { name, index: None } = &expr.kind {
                    return self.letter(&Name {
                        text: name.clone(),
                        span: expr.span,
                    });
                }
                let value = arithmetic(expr, &mut |letter| {
                    let axis = self.letter(&Name {
                        text: letter.to_owned(),
                        span: expr.span,
                    })?;
                    Ok(i128::from(self.axes[axis.index()].size))
                })?;
                self.axis(&name.text, value, expr.span)
            }
            (Some(given), _) => self.axis(&name.text, i128::from(given), name.span),
        }
    }
}

fn positive(what: &str, value: i128, span: Span) -> Result<u64> {
    match u64::try_from(value) {
        Ok(n) if n >= 1 && n <= i64::MAX as u64 => Ok(n),
        _ => Err(Error::new(
            ErrorKind::Value,
            format!("{what} is {value}; sizes are integers from 1 to 2^63 − 1"),
        )
        .at(span)),
    }
}

/// Exact integer arithmetic over sizes.
fn arithmetic(expr: &Expr, size: &mut dyn FnMut(&str) -> Result<i128>) -> Result<i128> {
    let overflow = || Error::new(ErrorKind::Value, "size arithmetic overflows").at(expr.span);
    match &expr.kind {
        ExprKind::Integer(n) => Ok(i128::from(*n)),
        ExprKind::Name { name, index: None } => size(name),
        ExprKind::Call {
            name,
            arguments,
            over: None,
            ..
        } if name.text == "size" && arguments.len() == 1 => arithmetic(&arguments[0], size),
        ExprKind::Negative(inner) => {
            let value = arithmetic(inner, size)?;
            value.checked_neg().ok_or_else(overflow)
        }
        ExprKind::Sum(terms) => terms.iter().try_fold(0i128, |sum, (negative, term)| {
            let value = arithmetic(term, size)?;
            if *negative {
                sum.checked_sub(value)
            } else {
                sum.checked_add(value)
            }
            .ok_or_else(overflow)
        }),
        ExprKind::Product(factors) => factors.iter().try_fold(1i128, |product, (op, factor)| {
            let value = arithmetic(factor, size)?;
            times(product, *op, value, expr.span)?.ok_or_else(overflow)
        }),
        ExprKind::Power(base, exponent) => {
            let base = arithmetic(base, size)?;
            let exponent = u32::try_from(arithmetic(exponent, size)?).map_err(|_| overflow())?;
            base.checked_pow(exponent).ok_or_else(overflow)
        }
        _ => Err(Error::new(
            ErrorKind::Value,
            "a size is exact arithmetic: integers, letters, + - * / // % ^ and brackets",
        )
        .at(expr.span)
        .remedy("for example f = \"4*c\"")),
    }
}

fn times(a: i128, op: Operator, b: i128, span: Span) -> Result<Option<i128>> {
    if op == Operator::Times {
        return Ok(a.checked_mul(b));
    }
    if b <= 0 {
        return Err(Error::new(ErrorKind::Value, format!("a size is divided by {b}")).at(span));
    }
    match op {
        Operator::FloorDiv => Ok(Some(a.div_euclid(b))),
        Operator::Mod => Ok(Some(a.rem_euclid(b))),
        _ if a % b == 0 => Ok(Some(a / b)),
        _ => Err(Error::new(
            ErrorKind::Value,
            format!("size arithmetic is exact: {a}/{b} is not an integer"),
        )
        .at(span)
        .remedy("use // for the integer part")),
    }
}
