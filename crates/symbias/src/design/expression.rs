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

fn program(expression: &str, profiles: &[(String, String)]) -> Result<Rc<ScalarProgram>> {
    let list: Vec<String> = profiles
        .iter()
        .map(|(n, v)| format!("{n} = {v}\n"))
        .collect();
    let text = format!(
        "symbias = 1\noutputs = [\"value_\"]\nprogram = '''\nvalue_ = {expression}'''\nparameters = {{ z = [] }}\n[profiles]\n{}",
        list.concat()
    );
    if let Some(known) = KNOWN.with_borrow(|k| k.get(&text).cloned()) {
        return Ok(known);
    }
    let model = SourceFile::parse(&text, None)?.check(Copies::All)?;
    let made = Rc::new(ScalarProgram::lower(&model, &Arrays::default())?);
    KNOWN.with_borrow_mut(|k| {
        if k.len() >= KEPT {
            k.clear();
        }
        k.insert(text, made.clone());
    });
    Ok(made)
}

/// Its value at z.
pub(super) fn value(expression: &str, profiles: &[(String, String)], z: f64) -> Result<f64> {
    let found = program(expression, profiles)?.value(&[z], &[]);
    match found.as_deref() {
        Some([x]) if x.is_finite() => Ok(*x),
        _ => Err(Error::new(
            ErrorKind::Value,
            format!("`{expression}` has no value at z = {z}"),
        )
        .remedy("the parameterization does not reach this weight")),
    }
}
