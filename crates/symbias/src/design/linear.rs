//! Targets of linear combinations, Σ r_k((Ωw)_k). An invertible Ω makes components y = Ωw, w = Ω⁻¹y; other sums of absolute values are
//! built of the vertices of their unit ball (`atoms`); all else is refused.

use super::atoms;
use super::evaluate::Evaluation;
use super::leaf::{Anchor, Leaf, LinearLeaf};
use super::target::{Combined, Kind, Target, Term};
use std::sync::Arc;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::TensorId;
use symbias_numerics::dense::{Matrix, svd};

/// Entries of Ω, at most.
const DENSE: usize = 1_000_000;

/// A row of Ω and the function of its value.
pub(super) struct Row {
    pub combined: Combined,
    pub entries: Vec<f64>,
}

impl Row {
    /// c > 0 where r is c|x|, up to a constant.
    pub fn absolute(&self, target: &Target) -> Option<f64> {
        let at = |x: f64| self.combined.at(target, x).unwrap_or(f64::NAN);
        let c = at(1.0) - at(0.0);
        let same = |x: &f64| (at(*x) - at(0.0) - c * x.abs()).abs() <= 1e-10 * (c * x).abs();
        (c > 0.0 && [-2.0, -1e-3, 0.5, 7.0].iter().all(same)).then_some(c)
    }
}

/// The term of a component that linear combinations penalise; the file of the target then has new components.
pub(super) fn term(
    target: &mut Target,
    id: TensorId,
    own: Vec<Leaf>,
    across: Vec<LinearLeaf>,
) -> Result<Term> {
    let tensor = target.model.tensor(id);
    let name = tensor.name.clone();
    let n = target.model.entries(id) as usize;
    let span = target.model.node(across[0].argument).span;
    let refused = |what: String, remedy: &str| {
        Error::new(ErrorKind::Unsupported, what)
            .at(span)
            .remedy(remedy)
    };
    let axes = tensor.axes.iter();
    let letters: Vec<String> = axes
        .map(|a| target.model.axes[a.index()].name.clone())
        .collect();
    let [letter] = letters.as_slice() else {
        return Err(refused(
            format!(
                "linear combinations of `{name}`, which has {} axes",
                letters.len()
            ),
            "linear combinations are built of components with one axis",
        ));
    };
    let mut all = across;
    for leaf in own {
        all.push(as_linear(leaf).ok_or_else(|| {
            refused(
                format!(
                    "`{name}` is penalised by linear combinations and by norms or singular values"
                ),
                "the nearest that has a construction: a target of linear combinations alone",
            )
        })?);
    }
    let mut rows = Vec::new();
    for leaf in all {
        rows.extend(read(target, id, n, leaf)?.ok_or_else(|| {
            refused(
                format!("a term reads entries of `{name}` together, not by a linear combination"),
                "a target is a sum of terms r(e) with e an entry, a norm, or linear in the entries",
            )
        })?);
        if rows.len() * n > DENSE {
            return Err(refused(
                format!("{} linear combinations of {n} entries", rows.len()),
                "at most 1e6 entries of the matrix: use fewer entries",
            ));
        }
    }
    // Rows that are zero penalise nothing.
    rows.retain(|r| r.entries.iter().any(|x| *x != 0.0));
    let used: Vec<String> = [
        &target.spec.axes,
        &target.spec.components,
        &target.spec.constants,
    ]
    .iter()
    .flat_map(|t| t.keys().cloned())
    .collect();
    let fresh = |base: &str| {
        let mut name = base.to_owned();
        while used.contains(&name) {
            name.push('_');
        }
        name
    };
    if rows.len() == n {
        return invertible(target, &name, letter, rows, &fresh, &refused);
    }
    let mut absolute = Vec::with_capacity(rows.len());
    for row in rows {
        let c = row.absolute(target).ok_or_else(|| {
            refused(
                format!("{n} entries of `{name}` by other than {n} linear combinations, of which one has no absolute value as its penalty"),
                "the nearest that have a construction: as many independent combinations as entries, with any r; or c*abs(…) of each, which is built of vertices, of chains of intervals",
            )
        })?;
        absolute.push((c, row));
    }
    atoms::analysis(target, (&name, letter, n), &absolute, &refused)
}

/// A leaf of entries as one of combinations.
pub(super) fn as_linear(leaf: Leaf) -> Option<LinearLeaf> {
    let mut plain = leaf.anchors.iter().filter(|(_, a)| **a == Anchor::Plain);
    let (argument, _) = plain.next()?;
    (leaf.kind == Kind::Entries && leaf.anchors.len() == 1).then(|| LinearLeaf {
        component: leaf.component,
        factor: leaf.factor,
        weights: leaf.weights.clone(),
        factors: leaf.factors.clone(),
        argument: *argument,
        free: leaf.letters.iter().flatten().copied().collect(),
    })
}

/// The rows of a leaf; `None` where it is not linear.
pub(super) fn read(
    target: &Target,
    id: TensorId,
    n: usize,
    leaf: LinearLeaf,
) -> Result<Option<Vec<Row>>> {
    let model = &target.model;
    let sizes: Vec<usize> = leaf
        .free
        .iter()
        .map(|l| model.label_size(*l) as usize)
        .collect();
    let count: usize = sizes.iter().product();
    let leaf = Arc::new(leaf);
    let mut rows = Vec::new();
    let zero = vec![0.0; n];
    let test: Vec<f64> = (0..n).map(|k| (1.0 + 0.7 * k as f64).sin()).collect();
    for flat in 0..count {
        let mut letters = vec![0; sizes.len()];
        let mut rest = flat;
        for (l, s) in letters.iter_mut().zip(&sizes).rev() {
            *l = rest % s;
            rest /= s;
        }
        let at = |w: &[f64]| -> Option<f64> {
            let mut e = Evaluation::new(model, &target.arrays);
            for (l, i) in leaf.free.iter().zip(&letters) {
                e.letters[l.index()] = *i;
            }
            e.components.insert(id, w);
            e.node(leaf.argument)
        };
        let mut entries = Vec::with_capacity(n);
        let mut unit = zero.clone();
        for k in 0..n {
            unit[k] = 1.0;
            let Some(x) = at(&unit) else { return Ok(None) };
            entries.push(x);
            unit[k] = 0.0;
        }
        let sum: f64 = entries.iter().zip(&test).map(|(a, w)| a * w).sum();
        let size: f64 = entries.iter().map(|a| a.abs()).sum();
        let linear = at(&zero) == Some(0.0)
            && at(&test).is_some_and(|x| (x - sum).abs() <= 1e-11 * size.max(1e-300));
        if !linear {
            return Ok(None);
        }
        rows.push(Row {
            combined: Combined {
                leaf: leaf.clone(),
                letters,
                factor: 1.0,
            },
            entries,
        });
    }
    Ok(Some(rows))
}

fn invertible(
    target: &mut Target,
    name: &str,
    letter: &str,
    mut rows: Vec<Row>,
    fresh: &dyn Fn(&str) -> String,
    refused: &dyn Fn(String, &str) -> Error,
) -> Result<Term> {
    let n = rows.len();
    // Rows by their last entry: differences stand in the order of the chain.
    let last = |r: &Row| r.entries.iter().rposition(|x| *x != 0.0);
    rows.sort_by_key(last);
    let omega = Matrix::from_fn(n, n, |i, j| rows[i].entries[j]);
    let f = svd(&omega).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
    let (top, low) = (f.s[0], f.s[n - 1]);
    if low <= 1e-10 * top {
        return Err(refused(
            format!(
                "the {n} linear combinations of `{name}` leave directions free: their matrix has rank below {n}"
            ),
            "nothing is free of decay: add a term, `1e-3*abs(w[0])` say, that penalises what they leave free",
        ));
    }
    let inverse = Matrix::from_fn(n, n, |i, j| {
        (0..n).map(|k| f.v[(i, k)] / f.s[k] * f.u[(j, k)]).sum()
    });
    let cumulative = (0..n)
        .all(|i| (0..n).all(|j| (inverse[(i, j)] - f64::from(u8::from(j <= i))).abs() < 1e-9));
    let component = fresh(&format!("{name}_combined"));
    let statement = if cumulative {
        format!("{name}[{letter}] = cumsum[{letter}]({component}[{letter}])")
    } else {
        let (axis, constant) = (fresh("combination"), fresh(&format!("{name}_synthesis")));
        target
            .spec
            .axes
            .insert(axis.clone(), toml::Value::Integer(n as i64));
        let mut table = toml::Table::new();
        let list = |l: &[&str]| {
            toml::Value::Array(l.iter().map(|x| toml::Value::String((*x).into())).collect())
        };
        table.insert("axes".into(), list(&[letter, &axis]));
        let matrix = (0..n).map(|i| {
            toml::Value::Array(
                (0..n)
                    .map(|j| toml::Value::Float(inverse[(i, j)]))
                    .collect(),
            )
        });
        table.insert("values".into(), toml::Value::Array(matrix.collect()));
        target.spec.constants.insert(constant.clone(), table.into());
        rename(target, name, &component, &axis);
        lead(
            target,
            format!("{name}[{letter}] = {constant}[{letter},{axis}] * {component}[{axis}]"),
        );
        let rows = rows.into_iter().map(|r| r.combined).collect();
        return Ok(Term::combined(component, axis, rows));
    };
    rename(target, name, &component, letter);
    lead(target, statement);
    let rows = rows.into_iter().map(|r| r.combined).collect();
    Ok(Term::combined(component, letter.into(), rows))
}

/// Puts a component in the place of another.
pub(super) fn rename(target: &mut Target, name: &str, by: &str, axis: &str) {
    let mut components = toml::Table::new();
    for (old, axes) in &target.spec.components {
        if old == name {
            components.insert(
                by.into(),
                toml::Value::Array(vec![toml::Value::String(axis.into())]),
            );
        } else {
            components.insert(old.clone(), axes.clone());
        }
    }
    target.spec.components = components;
}

/// Adds a statement before those of the weights.
pub(super) fn lead(target: &mut Target, statement: String) {
    let weights = target.spec.weights.take();
    target.spec.weights = Some(match weights {
        Some(w) => format!("{statement}\n{w}"),
        None => statement,
    });
}
