//! What one read takes of one axis, digit by digit.

use super::linear::{Linear, plus, range, times};
use super::progression::{Digit, Progression, gcd, span};
use crate::expression::{IndexExpr, Label, Model};

/// Entries of an axis above which offsets are not computed with.
const LONGEST: u64 = 1 << 60;

/// One digit of a read: an expression with values in 0..count.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub expr: IndexExpr,
    /// The letter that the expression is, or that it runs against: count − 1 − letter.
    pub letter: Option<Letter>,
}

/// A letter as a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub label: Label,
    /// Whether the digit falls where the letter rises.
    pub falls: bool,
}

/// The entries of one axis that a read takes: `set`, reached by the values of its digits.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub set: Progression,
    /// One for each digit of the set.
    pub values: Vec<Value>,
    /// Expressions that are always 0, with the letters that have only one value.
    pub units: Vec<IndexExpr>,
    /// Whether no value leaves the axis.
    pub inside: bool,
}

impl Cut {
    /// The cut of an index expression on an axis of this size; the whole axis, read as written, if
    /// values may leave it.
    pub fn of(expr: &IndexExpr, size: u64, model: &Model) -> Cut {
        Cut::digits(expr, size, model).unwrap_or_else(|| Cut::whole(expr, size, model))
    }

    /// The whole axis, read as written.
    pub fn whole(expr: &IndexExpr, size: u64, model: &Model) -> Cut {
        let set = Progression::whole(size as i64);
        let letter = expr
            .as_label()
            .filter(|l| model.label_size(*l) == size)
            .map(|label| Letter {
                label,
                falls: false,
            });
        let value = Value {
            expr: expr.clone(),
            letter,
        };
        let inside = letter.is_some();
        let (values, units) = match size {
            1 => (Vec::new(), vec![expr.clone()]),
            _ => (vec![value], Vec::new()),
        };
        Cut {
            set,
            values,
            units,
            inside,
        }
    }

    fn digits(expr: &IndexExpr, size: u64, model: &Model) -> Option<Cut> {
        if size > LONGEST {
            return None;
        }
        let limit = i128::from(size);
        let sum = Linear::of(expr, model);
        let (mut start, mut width) = (sum.constant, 0);
        let (mut steps, mut units) = (Vec::new(), Vec::new());
        for (coefficient, atom) in &sum.terms {
            let (low, high) = range(atom, model)?;
            start += coefficient.checked_mul(low)?;
            let falls = *coefficient < 0;
            if high == low {
                units.extend(atom.as_label().map(IndexExpr::Label));
                continue;
            }
            let reach = coefficient.checked_mul(high - low)?;
            width += reach.abs();
            if width >= limit {
                return None;
            }
            start += reach.min(0);
            let rising = plus(atom.clone(), -low as i64);
            let expr = match falls {
                false => rising,
                true => against(rising, (high - low) as i64),
            };
            let letter = atom.as_label().map(|label| Letter { label, falls });
            let digit = Digit {
                step: coefficient.abs() as i64,
                count: (high - low + 1) as i64,
            };
            steps.push((digit, Value { expr, letter }));
        }
        if start < 0 || start + width >= limit {
            return None;
        }
        let start = start as i64;
        steps.sort_by_key(|(d, _)| d.step);
        let mut stack: Vec<(Digit, Value)> = Vec::new();
        for (digit, value) in steps {
            push(&mut stack, digit, value, model);
        }
        let (digits, values): (Vec<Digit>, Vec<Value>) = stack.into_iter().rev().unzip();
        let set = Progression { start, digits };
        Some(Cut {
            set,
            values,
            units,
            inside: true,
        })
    }

    /// What this read takes as digit `at` of a set that holds its own (by [`Progression::with`]).
    pub fn value_in(&self, set: &Progression, at: usize, model: &Model) -> Value {
        let step = set.digits[at].step;
        let above = match at {
            0 => i64::MAX,
            _ => set.digits[at - 1].step,
        };
        let last = at + 1 == set.digits.len();
        let offset = if last { self.set.start - set.start } else { 0 } / step;
        let own: Vec<(Digit, &Value)> = self
            .set
            .digits
            .iter()
            .copied()
            .zip(&self.values)
            .filter(|(d, _)| d.step >= step && d.step < above)
            .collect();
        if let [(digit, value)] = own[..]
            && digit == set.digits[at]
            && offset == 0
        {
            return value.clone();
        }
        let parts: Vec<(i64, &Value)> = own.iter().map(|(d, v)| (d.step / step, *v)).collect();
        Value {
            expr: total(&parts, offset, model),
            letter: None,
        }
    }
}

/// Letters of a read that no digit has any more (`0*i`, `h//8` of 8 values) stay as units of the
/// axis where they were: the value has these letters.
pub(super) fn keep_letters(index: &[IndexExpr], cuts: &mut [Cut]) {
    let mut kept = Vec::new();
    for cut in cuts.iter() {
        for e in cut.units.iter().chain(cut.values.iter().map(|v| &v.expr)) {
            e.for_each_label(&mut |l| kept.push(l));
        }
    }
    for (e, cut) in index.iter().zip(cuts) {
        e.for_each_label(&mut |l| {
            if !kept.contains(&l) {
                kept.push(l);
                cut.units.push(times(0, IndexExpr::Label(l)));
            }
        });
    }
}

/// last − expr.
pub(super) fn against(expr: IndexExpr, last: i64) -> IndexExpr {
    IndexExpr::Sub(Box::new(IndexExpr::Constant(last)), Box::new(expr))
}

fn total(values: &[(i64, &Value)], offset: i64, model: &Model) -> IndexExpr {
    let sum = values
        .iter()
        .map(|(c, v)| times(*c, v.expr.clone()))
        .reduce(|a, b| IndexExpr::Add(Box::new(a), Box::new(b)));
    let sum = sum.map_or(IndexExpr::Constant(offset), |s| plus(s, offset));
    Linear::of(&sum, model).expr()
}

/// Adds a digit of no smaller step; digits that run into each other become one.
fn push(stack: &mut Vec<(Digit, Value)>, digit: Digit, value: Value, model: &Model) {
    let (mut digit, mut value) = (digit, value);
    loop {
        let below: Vec<Digit> = stack.iter().map(|(d, _)| *d).collect();
        if digit.step > span(&below) {
            break;
        }
        let Some((other, with)) = stack.pop() else {
            break;
        };
        let step = gcd(digit.step, other.step);
        let parts = [(digit.step / step, &value), (other.step / step, &with)];
        let expr = total(&parts, 0, model);
        let count = (span(&[digit]) + span(&[other])) / step + 1;
        digit = Digit { step, count };
        value = Value { expr, letter: None };
    }
    stack.push((digit, value));
}
