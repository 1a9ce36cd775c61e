//! Reads norms of a component as a whole: `latent[i,g](w[i], M[i,g])`, and sums of norms over overlapping groups,
//! `sum[g](norm[i](B[g,i]*w[i]))` or `sum[g](norm[k](w[2*g+k]))`, with entries, `abs(w[i])`, as groups of one.

use super::calls::CalledLeaf;
use super::leaf::{Leaf, LinearLeaf, NormLeaf};
use super::linear::{as_linear, read};
use super::structured::{Sharing, Structured};
use super::target::{Kind, Target, Term};
use symbias_model::error::{Error, ErrorKind, Result, Span};
use symbias_model::expression::TensorId;

/// Entries of the array of groups, at most: it is written into the model.
const WRITTEN: usize = 30_000;

fn refused(span: Span, what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, what)
        .at(span)
        .remedy(remedy)
}

/// The component with one axis, its name, letter and size.
pub(super) fn vector(target: &Target, id: TensorId, span: Span) -> Result<(String, String, usize)> {
    let tensor = target.model.tensor(id);
    let [axis] = tensor.axes.as_slice() else {
        return Err(refused(
            span,
            format!(
                "a norm of `{}` as a whole, which has {} axes",
                tensor.name,
                tensor.axes.len()
            ),
            "norms of this kind are built of components with one axis",
        ));
    };
    let letter = target.model.axes[axis.index()].name.clone();
    Ok((
        tensor.name.clone(),
        letter,
        target.model.entries(id) as usize,
    ))
}

/// The latent group norm of a constant M.
pub(super) fn latent(target: &Target, id: TensorId, leaf: &CalledLeaf) -> Result<Term> {
    let (name, letter, _) = vector(target, id, leaf.span)?;
    let (entries, groups) = leaf.array(target)?;
    let c = positive(leaf, target)?;
    if let Some(at) = entries.iter().position(|m| *m < 0.0) {
        return Err(Error::new(
            ErrorKind::Value,
            format!(
                "entry [{},{}] of M in `latent` is {}: M has no negative entries, w[i] = u[i]*sqrt(sum[g](M[i,g]*s[g]^2))",
                at / groups,
                at % groups,
                entries[at]
            ),
        )
        .at(leaf.span)
        .remedy("write 0 where an entry is in no share of a group, or abs(M[i,g])"));
    }
    if let Some(i) = entries
        .chunks(groups)
        .position(|row| row.iter().all(|m| *m == 0.0))
    {
        return Err(Error::new(
            ErrorKind::Value,
            format!("row {i} of M in `latent` is zero: {name}[{i}] is in no group, and every value of it but 0 has an infinite penalty"),
        )
        .at(leaf.span)
        .remedy("give each entry a group: a column with a 1 in this row, say"));
    }
    let structured = Structured {
        sharing: Sharing::Latent,
        groups,
        factors: entries.iter().map(|m| m.sqrt() / c).collect(),
    };
    small(&structured, leaf.span)?;
    Ok(Term::joint(name, letter, structured))
}

/// factor · weights of a call.
pub(super) fn positive(leaf: &CalledLeaf, target: &Target) -> Result<f64> {
    match leaf.times(target) {
        Some(c) if c > 0.0 && c.is_finite() => Ok(c),
        found => Err(Error::new(
            ErrorKind::Value,
            format!(
                "the factor of `{}` is {}",
                leaf.call.function.word(),
                found.map_or("no number".into(), |c| c.to_string())
            ),
        )
        .at(leaf.span)
        .remedy("factors of a penalty are positive: a target increases away from 0")),
    }
}

/// The sum of norms over groups that overlap.
pub(super) fn overlapping(
    target: &Target,
    id: TensorId,
    norms: Vec<NormLeaf>,
    own: Vec<Leaf>,
    across: &[LinearLeaf],
) -> Result<Term> {
    let span = target.model.node(norms[0].linear.argument).span;
    let (name, letter, n) = vector(target, id, span)?;
    let mixed = |span: Span| {
        refused(
            span,
            format!("`{name}` is penalised by norms of groups and by something else"),
            "beside sum[g](norm[i](B[g,i]*w[i])) the same component may have c*sum[i](abs(w[i])); for another penalty write the weights as a sum of two components",
        )
    };
    if let Some(other) = across.first() {
        return Err(mixed(target.model.node(other.argument).span));
    }
    let mut groups: Vec<Vec<f64>> = Vec::new();
    for leaf in norms {
        let kept = leaf.groups;
        // Rows of one group stand one after the other.
        let mut last: Option<Vec<usize>> = None;
        let span = target.model.node(leaf.linear.argument).span;
        let rows = read(target, id, n, leaf.linear)?.ok_or_else(|| mixed(span))?;
        for row in rows {
            let c = row.combined.at(target, 0.0).unwrap_or(f64::NAN);
            if !(c >= 0.0 && c.is_finite()) {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!("a norm of entries of `{name}` has the factor {c}"),
                )
                .at(span)
                .remedy("factors of a penalty are positive: a target increases away from 0"));
            }
            let mut places = (0..n).filter(|k| row.entries[*k] != 0.0);
            let place = places.next();
            if places.next().is_some() {
                return Err(refused(
                    span,
                    format!("a norm over combinations of entries of `{name}`"),
                    "norms are of entries, each times a constant: norm[i](B[g,i]*w[i]). For differences the nearest that has a construction is sum[j](abs(w[j+1] - w[j]))",
                ));
            }
            let letters = row.combined.letters[..kept].to_vec();
            if last.as_ref() != Some(&letters) {
                groups.push(vec![0.0; n]);
                last = Some(letters);
                if groups.len() * n > WRITTEN {
                    return Err(many(span, n, groups.len()));
                }
            }
            if let (Some(k), Some(group)) = (place, groups.last_mut()) {
                group[k] = f64::hypot(group[k], c * row.entries[k]);
            }
        }
    }
    for leaf in own {
        let span = target.model.node(leaf.factors[0].node).span;
        let single = leaf.kind == Kind::Entries;
        let linear = as_linear(leaf)
            .filter(|_| single)
            .ok_or_else(|| mixed(span))?;
        let rows = read(target, id, n, linear)?.ok_or_else(|| mixed(span))?;
        for row in rows {
            let c = row.absolute(target).ok_or_else(|| mixed(span))?;
            groups.push(row.entries.iter().map(|x| c * x.abs()).collect());
        }
    }
    groups.retain(|g| g.iter().any(|b| *b > 0.0));
    if let Some(i) = (0..n).find(|i| groups.iter().all(|g| g[*i] == 0.0)) {
        return Err(Error::new(
            ErrorKind::Value,
            format!("{name}[{i}] is in no group: it has no penalty"),
        )
        .at(span)
        .remedy(format!(
            "nothing is free of decay: add a term, `1e-3*sum[{letter}](abs({name}[{letter}]))` say"
        )));
    }
    let structured = Structured {
        sharing: Sharing::Overlapping,
        groups: groups.len(),
        factors: (0..n)
            .flat_map(|i| groups.iter().map(move |g| g[i]))
            .collect(),
    };
    small(&structured, span)?;
    Ok(Term::joint(name, letter, structured))
}

fn many(span: Span, n: usize, groups: usize) -> Error {
    refused(
        span,
        format!("{n} entries and {groups} groups or more"),
        "the array of groups has at most 30000 entries, for it is written into the model: use fewer groups",
    )
}

fn small(structured: &Structured, span: Span) -> Result<()> {
    match structured.factors.len() > WRITTEN {
        true => Err(many(span, structured.entries(), structured.groups)),
        false => Ok(()),
    }
}
