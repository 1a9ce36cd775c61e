//! An expression in z with profiles as a function of one number, through the language.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, ScalarProgram};

thread_local! {
    static KNOWN: RefCell<HashMap<String, Rc<ScalarProgram>>> = RefCell::new(HashMap::new());
}

/// Programs that are kept.
const KEPT: usize = 64;

/// An expression in one variable, ready for many values.
#[derive(Clone)]
pub(super) struct Compiled {
    program: Rc<ScalarProgram>,
    text: String,
    variable: &'static str,
}

impl Compiled {
    /// Of an expression with profiles.
    pub fn new(
        expression: &str,
        profiles: &[(String, String)],
        variable: &'static str,
    ) -> Result<Compiled> {
        let list: Vec<String> = profiles
            .iter()
            .map(|(n, v)| format!("{n} = {v}\n"))
            .collect();
        let text = format!(
            "symbias = 1\noutputs = [\"value_\"]\nprogram = '''\nvalue_ = {expression}'''\nparameters = {{ {variable} = [] }}\n[profiles]\n{}",
            list.concat()
        );
        let compiled = |program| Compiled {
            program,
            text: expression.to_owned(),
            variable,
        };
        if let Some(known) = KNOWN.with_borrow(|k| k.get(&text).cloned()) {
            return Ok(compiled(known));
        }
        let model = SourceFile::parse(&text, None)?.check(Copies::All)?;
        let made = Rc::new(ScalarProgram::lower(&model, &Arrays::default())?);
        KNOWN.with_borrow_mut(|k| {
            if k.len() >= KEPT {
                k.clear();
            }
            k.insert(text, made.clone());
        });
        Ok(compiled(made))
    }

    /// Its value at a number.
    pub fn at(&self, number: f64) -> Result<f64> {
        match self.program.value(&[number], &[]).as_deref() {
            Some([x]) if x.is_finite() => Ok(*x),
            _ => Err(Error::new(
                ErrorKind::Value,
                format!(
                    "`{}` has no value at {} = {number}",
                    self.text, self.variable
                ),
            )
            .remedy("the parameterization does not reach this weight")),
        }
    }

    /// The number at which it is `value`, from one that is near: Newton steps as long as they gain.
    pub fn solved(&self, value: f64, near: f64) -> f64 {
        let off = |x: f64| self.at(x).map_or(f64::INFINITY, |y| y - value);
        let (mut x, mut rest) = (near, off(near));
        for _ in 0..STEPS {
            if rest.abs() <= f64::EPSILON * value.abs() {
                break;
            }
            let rows = self.program.jacobian(&[x], &[]).unwrap_or_default();
            let Some(slope) = rows.first().map(|r| r[0]).filter(|s| *s != 0.0) else {
                break;
            };
            let next = x - rest / slope;
            let left = off(next);
            // Not a number gains nothing.
            if left.abs() < rest.abs() {
                (x, rest) = (next, left);
            } else {
                break;
            }
        }
        x
    }
}

/// Newton steps, at most.
const STEPS: usize = 4;

/// Its value at z.
pub(super) fn value(expression: &str, profiles: &[(String, String)], z: f64) -> Result<f64> {
    Compiled::new(expression, profiles, "z")?.at(z)
}
