//! Profiles that are no expressions: an inverse, an integral, a table; w = f(z) with its derivatives.
//!
//! A [`Curve`] is made when a model is checked, and computed from Chebyshev series (`panels`) wherever they are resolved; elsewhere
//! from its definition. Equal curves are one for the life of the process, so that a function of the language stays a small value
//! that is copied, and checking a file again makes nothing again.

mod body;
mod dual;
mod given;
mod integral;
mod inverse;
mod panels;

use crate::data::File;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::Model;
use crate::scalar::{Arrays, ScalarProgram};
use body::Body;
use integral::Integral;
use inverse::{Fault, Inverse};
use panels::{ORDERS, Panels};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Instructions of the expression that a curve is made from, at most.
const LARGEST: usize = 4096;

/// A function of one number, or one of its first three derivatives.
#[derive(Clone, Copy)]
pub struct Curve {
    shape: &'static Shape,
    order: usize,
}

struct Shape {
    name: String,
    number: u64,
    /// What it is, for a message: "the inverse of `z + z^3`".
    said: String,
    source: Definition,
    /// Where it exists.
    domain: (f64, f64),
    zero: [f64; ORDERS],
    panels: Panels,
    /// What a table may be wrong by.
    error: f64,
}

#[derive(Clone)]
enum Definition {
    Inverse(Inverse),
    Integral(Integral),
    Table,
}

impl Definition {
    fn direct(&self, x: f64) -> [f64; ORDERS] {
        match self {
            Definition::Inverse(inverse) => inverse.direct(x),
            Definition::Integral(integral) => integral.direct(x),
            Definition::Table => [f64::NAN; ORDERS],
        }
    }
}

impl Curve {
    /// The inverse of the output of a model with one parameter and nothing else.
    pub(crate) fn inverse(name: &str, of: &Model, text: &str) -> Result<Curve> {
        let body = body(of)?;
        let key = format!("inverse {name} {:?}", body.0);
        interned(key, || {
            let inverse = Inverse::new(body).map_err(|fault| no_inverse(text, &fault))?;
            let domain = inverse.domain();
            let said = format!("the inverse of `{text}`");
            Ok(Shape::of(name, said, Definition::Inverse(inverse), domain))
        })
    }

    /// The integral of such an output from a point.
    pub(crate) fn integral(name: &str, of: &Model, from: f64, text: &str) -> Result<Curve> {
        let body = body(of)?;
        let key = format!("integral {name} {from:?} {:?}", body.0);
        interned(key, || {
            let value = body.at(from);
            let integral = Integral::new(body, from).ok_or_else(|| {
                Error::new(
                    ErrorKind::Value,
                    format!("the integral of `{text}` from {from} does not exist: `{text}` is {value} there"),
                )
                .remedy("choose `from` where the integral converges on one side at least")
            })?;
            let domain = integral.domain();
            let said = format!("the integral of `{text}` from {from}");
            Ok(Shape::of(
                name,
                said,
                Definition::Integral(integral),
                domain,
            ))
        })
    }

    /// A table of a file.
    pub(crate) fn table(name: &str, file: &File, key: &str) -> Result<Curve> {
        let given = given::read(file, key)?;
        let domain = given.panels.ends();
        interned(format!("table {name} {}", given.key), || {
            let zero = std::array::from_fn(|k| given.panels.at(k, 0.0).unwrap_or(f64::NAN));
            Ok(Shape {
                name: name.to_owned(),
                number: 0,
                said: format!("the table `{key}`"),
                source: Definition::Table,
                domain,
                zero,
                panels: given.panels,
                error: given.error,
            })
        })
    }

    /// The name in the file, with a prime for each derivative.
    #[must_use]
    pub fn name(self) -> &'static str {
        &self.shape.name
    }

    /// A number that tells it from others.
    pub(crate) fn number(self) -> u64 {
        self.shape.number * ORDERS as u64 + self.order as u64
    }

    /// Its derivative; the third has none.
    #[must_use]
    pub fn derivative(self) -> Option<Curve> {
        let order = self.order + 1;
        let shape = self.shape;
        (order < ORDERS).then_some(Curve { shape, order })
    }

    /// The value: not finite outside of the domain. A derivative that is infinite in a point is 0 there, as for sqrt.
    #[inline]
    #[must_use]
    pub fn at(self, x: f64) -> f64 {
        if x == 0.0 {
            return self.shape.zero[self.order];
        }
        match self.shape.panels.at(self.order, x) {
            Some(value) => value,
            None => self.shape.source.direct(x)[self.order],
        }
    }

    /// What it is and where it exists, for a message.
    #[must_use]
    pub fn said(self) -> String {
        let (low, high) = self.shape.domain;
        {
            let (low, high) = (shown(low), shown(high));
            format!("{} exists from {low} to {high} only", self.shape.said)
        }
    }

    /// Bound on the error of a value y = f(x).
    pub(crate) fn error(self, x: f64, y: f64) -> f64 {
        let power = self.order as i32;
        let value = Curve { order: 0, ..self }.at(x);
        let natural = (value / x.abs().powi(power)).abs();
        let natural = if natural.is_finite() { natural } else { 0.0 };
        1e-13 * 10_f64.powi(power) * (y.abs() + natural) + self.shape.error
    }

    /// Bound on |f(x + δ) − f(x)| for |δ| ≤ e, from the ends and the slopes there; infinite if it may not exist.
    pub(crate) fn spread(self, x: f64, e: f64, y: f64) -> f64 {
        let ends = [x - e, x + e];
        let mut bound = ends
            .map(|x| (self.at(x) - y).abs())
            .into_iter()
            .fold(0.0, f64::max);
        if let Some(slope) = self.derivative() {
            let steepest = [x - e, x, x + e].map(|x| slope.at(x).abs());
            bound += steepest.into_iter().fold(0.0, f64::max) * e;
        }
        let inside = ends.iter().all(|x| self.at(*x).is_finite());
        if inside && bound.is_finite() {
            bound
        } else {
            f64::INFINITY
        }
    }
}

impl PartialEq for Curve {
    fn eq(&self, other: &Curve) -> bool {
        self.number() == other.number()
    }
}

impl fmt::Debug for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.shape.name, self.number())
    }
}

impl Shape {
    fn of(name: &str, said: String, source: Definition, domain: (f64, f64)) -> Shape {
        Shape {
            name: name.to_owned(),
            number: 0,
            said,
            panels: Panels::of(&|x| source.direct(x), domain),
            zero: source.direct(0.0),
            source,
            domain,
            error: 0.0,
        }
    }
}

/// The curve of this key, made if there is none yet.
fn interned(key: String, make: impl FnOnce() -> Result<Shape>) -> Result<Curve> {
    static KNOWN: OnceLock<Mutex<HashMap<String, &'static Shape>>> = OnceLock::new();
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let shape = match known.get(&key) {
        Some(shape) => *shape,
        None => {
            let mut shape = make()?;
            shape.number = known.len() as u64;
            let shape: &'static Shape = Box::leak(Box::new(shape));
            known.insert(key, shape);
            shape
        }
    };
    Ok(Curve { shape, order: 0 })
}

fn body(of: &Model) -> Result<Body> {
    let program = ScalarProgram::lower(of, &Arrays::new(of, &BTreeMap::new())?)?;
    match program.len() {
        n if n <= LARGEST => Ok(Body(program)),
        n => Err(Error::new(
            ErrorKind::Unsupported,
            format!("the expression unfolds to {n} operations, more than {LARGEST}"),
        )
        .remedy("write the profile with fewer operations, or as a table")),
    }
}

/// A number for a message.
fn shown(x: f64) -> String {
    match x.abs() {
        size if size == 0.0 || (1e-4..1e6).contains(&size) => format!("{x}"),
        _ => format!("{x:e}"),
    }
}

fn no_inverse(text: &str, fault: &Fault) -> Error {
    let said = match fault {
        Fault::Nowhere => format!("`{text}` is finite nowhere"),
        Fault::Apart(z) => {
            let z = shown(*z);
            format!("`{text}` exists on two sides of z = {z} and not there")
        }
        Fault::Flat(a, b) => {
            let (a, b) = (shown(*a), shown(*b));
            format!("`{text}` does not change between z = {a} and z = {b}")
        }
        Fault::Turns(z, values) => {
            let ([a, b], [f, g]) = (z.map(shown), values.map(shown));
            format!("`{text}` turns: it is {f} at z = {a} and {g} at z = {b}, and comes back")
        }
    };
    Error::new(ErrorKind::Value, format!("no inverse: {said}")).remedy(
        "an inverse is that of a function that increases, or falls, strictly on all of its domain, such as z + z^3 or \
         sign(z)*abs(z)^0.6",
    )
}
