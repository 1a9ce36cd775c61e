//! Formulas of θ: one tree, of which value, gradient, text and LaTeX are functions, so that a formula that is
//! printed beside a number is that number, constants included.
//!
//! Leaves are [`Quantity`]s (the norm of a block, a determinant), eigen- and singular values ([`Spectrum`]), and
//! variables that an enclosing node binds. A formula with free indices is a sum or product over the items of its
//! structure ([`Formula::Items`]): a quantity is evaluated at one item.
//!
//! ```
//! use symbias_geometry::formula::Formula;
//! let nothing = Formula::nothing();
//! assert!(nothing.is_nothing());
//! let sum = Formula::sum(vec![Formula::Number(2.0), Formula::Number(3.0)]);
//! assert_eq!(sum.value(&[]), Some(5.0));
//! ```

mod names;
mod norm;
mod number;
mod spectrum;
mod spell;
mod value;

pub use names::{Script, indexed, number, spelled_tensor, total};
pub use norm::CONSTANT;
pub use norm::{Entries, Logarithm, Norm, Projected, Words};
pub use spectrum::{Matrices, Shape, Spectrum, Values};

use std::fmt::Debug;
use std::sync::Arc;

/// A function of θ, at one item of its structure.
pub trait Quantity: Debug + Send + Sync {
    /// Its name: `|v[h]|`, `||W[h,:]||`.
    fn name(&self, script: Script) -> String;
    /// What its square is called, where that is shorter: `v[h]^2`.
    fn square(&self, script: Script) -> String {
        format!("{}^2", self.name(script))
    }
    /// Whether it is the same at every θ.
    fn is_constant(&self) -> bool {
        false
    }
    /// The value; `None` where only words are known.
    fn value(&self, theta: &[f64], item: usize) -> Option<f64>;
    /// The logarithm of the value, for what has no exponent in a double.
    fn log_value(&self, theta: &[f64], item: usize) -> Option<f64> {
        self.value(theta, item).map(f64::ln)
    }
    /// Adds `seed` times the gradient; `None` where none is known.
    fn pull(&self, theta: &[f64], item: usize, seed: f64, gradient: &mut [f64]) -> Option<()>;
}

/// A variable that an enclosing node binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// ASCII.
    pub plain: &'static str,
    /// LaTeX.
    pub latex: &'static str,
}

impl Symbol {
    /// Alike in both.
    #[must_use]
    pub const fn new(letter: &'static str) -> Symbol {
        Symbol {
            plain: letter,
            latex: letter,
        }
    }
}

/// Which value of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// Of a plain variable.
    None,
    /// i.
    I,
    /// j.
    J,
}

/// Sums and products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Σ.
    Sum,
    /// Π.
    Product,
}

/// What a sum or product over spectra ranges over; terms in which all values vanish are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// i.
    Each(Symbol),
    /// i < j of one spectrum.
    Pairs(Symbol),
    /// i of one, j of another.
    Both(Symbol, Symbol),
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// log.
    Log,
    /// |x|.
    Abs,
    /// asinh.
    Asinh,
    /// log K_ν, the modified Bessel function of the second kind.
    LogBesselK(f64),
}

/// A formula of θ.
#[derive(Clone, Debug)]
pub enum Formula {
    /// A constant.
    Number(f64),
    /// A function of θ with a name.
    Quantity(Arc<dyn Quantity>),
    /// A bound variable.
    Variable(Symbol, Index),
    /// a + b + …
    Sum(Vec<Formula>),
    /// a b …
    Product(Vec<Formula>),
    /// x^p.
    Power(Box<Formula>, f64),
    /// f(x).
    Apply(Function, Box<Formula>),
    /// Σ_h or Π_h over the items of a structure.
    Items {
        /// Sum or product.
        fold: Fold,
        /// Names of the indices.
        letters: Vec<String>,
        /// Number of items.
        count: usize,
        /// What is added or multiplied.
        body: Box<Formula>,
    },
    /// A function of the spectra of each copy, added or multiplied over the copies.
    Spectral {
        /// Sum or product over the copies.
        fold: Fold,
        /// Names of the copies' indices.
        letters: Vec<String>,
        /// Number of copies.
        copies: usize,
        /// The spectra and their names.
        spectra: Vec<(Symbol, Arc<dyn Spectrum>)>,
        /// A function of their values.
        body: Box<Formula>,
    },
    /// Σ or Π over values of the enclosing spectra.
    Over(Fold, Range, Box<Formula>),
    /// `body, symbol = value`.
    Let {
        /// The name.
        symbol: Symbol,
        /// What it stands for.
        value: Box<Formula>,
        /// Whether it is a charge, which gradients along a leaf hold fixed.
        held: bool,
        /// Where it stands.
        body: Box<Formula>,
    },
}

impl Formula {
    /// A named function of θ.
    #[must_use]
    pub fn quantity(quantity: impl Quantity + 'static) -> Formula {
        Formula::Quantity(Arc::new(quantity))
    }

    /// A sum; of one term that term.
    #[must_use]
    pub fn sum(terms: Vec<Formula>) -> Formula {
        match <[Formula; 1]>::try_from(terms) {
            Ok([one]) => one,
            Err(terms) => Formula::Sum(terms),
        }
    }

    /// A product with numbers in front; of one factor that factor.
    #[must_use]
    pub fn product(factors: Vec<Formula>) -> Formula {
        let (mut number, mut rest) = (1.0, Vec::new());
        for factor in factors {
            match factor {
                Formula::Number(x) => number *= x,
                Formula::Product(inner) => {
                    for factor in inner {
                        match factor {
                            Formula::Number(x) => number *= x,
                            other => rest.push(other),
                        }
                    }
                }
                other => rest.push(other),
            }
        }
        match (number == 0.0, number == 1.0, rest.len()) {
            (true, ..) | (_, _, 0) => Formula::Number(number),
            (_, true, 1) => rest.remove(0),
            (_, true, _) => Formula::Product(rest),
            _ => {
                rest.insert(0, Formula::Number(number));
                Formula::Product(rest)
            }
        }
    }

    /// c times the formula.
    #[must_use]
    pub fn times(self, c: f64) -> Formula {
        Formula::product(vec![Formula::Number(c), self])
    }

    /// x^p.
    #[must_use]
    pub fn power(self, p: f64) -> Formula {
        if p == 1.0 {
            return self;
        }
        Formula::Power(Box::new(self), p)
    }

    /// f(x).
    #[must_use]
    pub fn apply(self, function: Function) -> Formula {
        Formula::Apply(function, Box::new(self))
    }

    /// c·log x + constant as one logarithm, c·log(e^{constant/c} x); log e^{constant} for c = 0.
    #[must_use]
    pub fn log(self, c: f64, constant: f64) -> Formula {
        if c == 0.0 {
            return match constant {
                0.0 => Formula::Number(0.0),
                x => Formula::Number(x.exp()).apply(Function::Log),
            };
        }
        self.times((constant / c).exp())
            .apply(Function::Log)
            .times(c)
    }

    /// Σ over values of the enclosing spectra.
    #[must_use]
    pub fn over(self, range: Range) -> Formula {
        match self {
            Formula::Number(0.0) => self,
            // A constant in front of what varies stands in front of the sum.
            Formula::Product(mut factors) if matches!(factors[0], Formula::Number(_)) => {
                let c = factors.remove(0);
                let body = Formula::product(factors);
                let sum = Formula::Over(Fold::Sum, range, Box::new(body));
                Formula::product(vec![c, sum])
            }
            body => Formula::Over(Fold::Sum, range, Box::new(body)),
        }
    }

    /// Σ over items, constants in front of it.
    #[must_use]
    pub fn items(self, letters: Vec<String>, count: usize) -> Formula {
        match self {
            Formula::Number(0.0) => self,
            Formula::Product(mut factors) if matches!(factors[0], Formula::Number(_)) => {
                let c = factors.remove(0);
                let body = Formula::product(factors).items(letters, count);
                Formula::product(vec![c, body])
            }
            body => Formula::Items {
                fold: Fold::Sum,
                letters,
                count,
                body: Box::new(body),
            },
        }
    }

    /// No summand at all: what a driver sees nothing of.
    #[must_use]
    pub fn nothing() -> Formula {
        Formula::Sum(Vec::new())
    }

    /// Whether it is that.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Formula::Sum(terms) if terms.is_empty())
    }

    /// The sum of what is something; constants that add nothing are left out beside others.
    #[must_use]
    pub fn joined(terms: impl IntoIterator<Item = Formula>) -> Formula {
        let mut all: Vec<Formula> = Vec::new();
        for term in terms {
            match term {
                Formula::Sum(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        let is_zero = |f: &Formula| matches!(f, Formula::Number(0.0));
        if all.iter().any(|f| !is_zero(f)) {
            all.retain(|f| !is_zero(f));
        } else {
            all.truncate(1);
        }
        Formula::sum(all)
    }

    /// The constant that the formula is, if it is one.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        match self {
            Formula::Number(x) => Some(*x),
            Formula::Sum(all) if all.is_empty() => None,
            Formula::Sum(all) => all.iter().map(Formula::constant).sum(),
            Formula::Product(all) => all.iter().map(Formula::constant).product(),
            Formula::Power(x, p) => Some(x.constant()?.powf(*p)),
            Formula::Apply(f, x) => Some(f.at(x.constant()?)),
            Formula::Items {
                fold, count, body, ..
            } => Some(match fold {
                Fold::Sum => *count as f64 * body.constant()?,
                Fold::Product => body.constant()?.powf(*count as f64),
            }),
            _ => None,
        }
    }
}

/// Formulas are alike if they read alike.
impl PartialEq for Formula {
    fn eq(&self, other: &Formula) -> bool {
        self.text() == other.text() && self.latex() == other.latex()
    }
}
