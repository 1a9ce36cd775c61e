//! From fields or structure constants to the [`Algebra`]: its invariants, ideals and name.

use super::bracket::{CONSTANT, Entries};
use super::cartan::{self, Cartan};
use super::decision::RankDecision;
use super::ideals::{Ideal, null_space, simple_ideals};
use super::name;
use super::span;
use super::structure::{StructureConstants, signature, split_gram};
use crate::field::AffineField;
use std::collections::BTreeMap;
use symbias_numerics::Error;
use symbias_numerics::dense::{Matrix, least_squares};
use symbias_numerics::random::Stream;

/// A real Lie algebra and what it is called.
///
/// Coordinates (columns of the matrices here) refer to `generators`, or to the basis of the
/// structure constants given.
#[derive(Clone, Debug)]
pub struct Algebra {
    /// A basis in reduced echelon form; empty if only structure constants were given.
    pub generators: Vec<AffineField>,
    /// dim 𝔤.
    pub dimension: usize,
    /// The recognised name, ASCII: simple ideals and centre of 𝔤/[𝔤, rad 𝔤], and `n(k)` for the
    /// nilpotent ideal [𝔤, rad 𝔤] of dimension k.
    pub name: String,
    /// Dimension of a maximal compact subalgebra of the reductive quotient; equals dim 𝔨 where
    /// `cartan` is closed.
    pub compact: usize,
    /// dim of the centre of 𝔤.
    pub centre: usize,
    /// Compact dimensions of the centre of the reductive quotient: where tr A² < 0.
    pub centre_compact: usize,
    /// Representatives of the centre of the reductive quotient (of the centre, if reductive).
    pub centre_basis: Matrix,
    /// dim [𝔤, 𝔤].
    pub derived: usize,
    /// dim of the radical.
    pub radical: usize,
    /// dim of the nilpotent ideal [𝔤, rad 𝔤]; 0 if reductive.
    pub nilpotent: usize,
    /// Numbers of negative, zero and positive eigenvalues of the Killing form.
    pub killing: (usize, usize, usize),
    /// Whether the radical is the centre.
    pub reductive: bool,
    /// Whether all brackets vanish.
    pub abelian: bool,
    /// Whether brackets stay in the span of `generators`; false if the limit was reached.
    pub closed: bool,
    /// Whether brackets led out of the span of the fields given.
    pub grew: bool,
    /// Antisymmetric and symmetric fields; `None` if only structure constants were given.
    pub cartan: Option<Cartan>,
    /// The simple ideals of the reductive quotient.
    pub ideals: Vec<Ideal>,
    /// Every rank that was decided on the way.
    pub decisions: Vec<RankDecision>,
}

/// Closes the fields under brackets (up to dimension `limit`) and recognises the algebra.
///
/// # Errors
/// If a decomposition fails, as it does for entries that are not finite.
pub fn recognise(fields: &[AffineField], limit: usize) -> Result<Algebra, Error> {
    let (span, first, closed, brackets) = span::close(fields, limit);
    if !closed {
        let mut algebra = Algebra::zero(span.dim());
        (algebra.generators, algebra.closed) = (span.fields(), false);
        algebra.grew = span.dim() > first.rank;
        algebra.decisions.insert(0, first);
        return Ok(algebra);
    }
    let constants = StructureConstants::from_brackets(span.dim(), &brackets);
    let (gram, trace) = cartan::forms(&span.rows);
    let size = gram.max_abs();
    let mut algebra = analyse(&constants, Some((&trace, size)), Some(&span.rows))?;
    algebra.generators = span.fields();
    algebra.closed = closed;
    algebra.grew = span.dim() > first.rank;
    algebra.decisions.insert(0, first);
    algebra.cartan = Some(cartan::split(&gram, &trace, &mut algebra.decisions)?);
    Ok(algebra)
}

/// Recognises an abstract algebra. Compactness of a centre is not abstract: all of it counts as R.
///
/// # Errors
/// If a decomposition fails.
pub fn recognise_constants(constants: &StructureConstants) -> Result<Algebra, Error> {
    analyse(constants, None, None)
}

fn analyse(
    constants: &StructureConstants,
    trace: Option<(&Matrix, f64)>,
    rows: Option<&[Entries]>,
) -> Result<Algebra, Error> {
    let n = constants.dim();
    let mut whole = Algebra::zero(n);
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut names = Vec::new();
    for indices in constants.components() {
        let part_trace = trace.map(|(t, size)| {
            let entry = |i, j| t[(indices[i], indices[j])];
            (Matrix::from_fn(indices.len(), indices.len(), entry), size)
        });
        let part_trace = part_trace.as_ref().map(|(t, size)| (t, *size));
        let part = component(&constants.restrict(&indices), part_trace)?;
        let lift = |m: &Matrix| {
            let mut out = Matrix::zeros(n, m.cols);
            for (i, a) in indices.iter().enumerate() {
                out.row_mut(*a).copy_from_slice(m.row(i));
            }
            out
        };
        let centre = lift(&part.centre_basis);
        columns.extend((0..centre.cols).map(|j| centre.column(j)));
        for mut ideal in part.ideals {
            ideal.basis = lift(&ideal.basis);
            names.push(match rows {
                Some(rows) => spin_name(&ideal, rows, constants)?,
                None => ideal.name.clone(),
            });
            whole.ideals.push(ideal);
        }
        whole.centre += part.centre;
        whole.centre_compact += part.centre_compact;
        whole.derived += part.derived;
        whole.radical += part.radical;
        whole.nilpotent += part.nilpotent;
        whole.reductive &= part.reductive;
        whole.killing.0 += part.killing.0;
        whole.killing.1 += part.killing.1;
        whole.killing.2 += part.killing.2;
        whole.decisions.extend(part.decisions);
    }
    whole.abelian = constants.is_abelian();
    whole.compact = whole.centre_compact + whole.ideals.iter().map(|i| i.compact).sum::<usize>();
    whole.centre_basis = Matrix::from_fn(n, columns.len(), |i, j| columns[j][i]);
    let line = columns.len() - whole.centre_compact;
    whole.name = name::assemble(&names, line, whole.centre_compact, whole.nilpotent);
    Ok(whole)
}

impl Algebra {
    fn zero(dimension: usize) -> Algebra {
        Algebra {
            generators: vec![],
            dimension,
            name: String::new(),
            compact: 0,
            centre: 0,
            centre_compact: 0,
            centre_basis: Matrix::zeros(dimension, 0),
            derived: 0,
            radical: 0,
            nilpotent: 0,
            killing: (0, 0, 0),
            reductive: true,
            abelian: true,
            closed: true,
            grew: false,
            cartan: None,
            ideals: vec![],
            decisions: vec![],
        }
    }
}

/// One indecomposable block of structure constants. Beside the trace form stands the largest Frobenius product:
/// the form of nilpotent fields is rounding, which only their size tells.
fn component(
    constants: &StructureConstants,
    trace: Option<(&Matrix, f64)>,
) -> Result<Algebra, Error> {
    let n = constants.dim();
    let mut found = Algebra::zero(n);
    if constants.is_abelian() {
        found.centre = n;
        found.radical = n;
        found.killing = (0, n, 0);
        found.centre_basis = Matrix::identity(n);
        found.centre_compact = compact_part(trace, &found.centre_basis)?;
        return Ok(found);
    }
    let killing = constants.killing();
    let (negative, positive) = signature(&killing, killing.max_abs())?;
    found.killing = (negative, n - negative - positive, positive);
    let (derived, rank) = constants.derived()?;
    found.derived = derived.cols;
    found.decisions.push(rank);
    let (centre, rank) = constants.centre()?;
    found.centre = centre.cols;
    found.decisions.push(rank);
    // rad 𝔤 is the Killing-orthogonal of [𝔤, 𝔤].
    let (radical, rank) = null_space(
        "Killing form against [g, g]",
        &derived.transpose_matmul(&killing)?,
    )?;
    found.radical = radical.cols;
    found.decisions.push(rank);
    found.reductive = radical.cols == centre.cols;
    if found.reductive {
        found.ideals = simple_ideals(constants, &derived, &killing, &mut found.decisions)?;
        found.centre_compact = compact_part(trace, &centre)?;
        found.centre_basis = centre;
        return Ok(found);
    }
    let (nilpotent, rank) = constants.brackets_with(&radical)?;
    found.decisions.push(rank);
    found.nilpotent = nilpotent.cols;
    let (_, complement, _) = split_gram(
        "nilpotent ideal",
        &nilpotent.matmul(&nilpotent.transpose())?,
    )?;
    let quotient = constants.quotient(&complement)?;
    let trace = trace
        .map(|(t, size)| Ok((complement.transpose_matmul(&t.matmul(&complement)?)?, size)))
        .transpose()?;
    let trace = trace.as_ref().map(|(t, size)| (t, *size));
    let below = analyse(&quotient, trace, None)?;
    found.centre_compact = below.centre_compact;
    found.centre_basis = complement.matmul(&below.centre_basis)?;
    for mut ideal in below.ideals {
        ideal.basis = complement.matmul(&ideal.basis)?;
        found.ideals.push(ideal);
    }
    found.decisions.extend(below.decisions);
    Ok(found)
}

/// Dimensions of the centre on which the trace form is negative: rotations.
fn compact_part(trace: Option<(&Matrix, f64)>, centre: &Matrix) -> Result<usize, Error> {
    match trace {
        Some((trace, size)) if centre.cols > 0 => {
            let form = centre.transpose_matmul(&trace.matmul(centre)?)?;
            Ok(signature(&form, size)?.0)
        }
        _ => Ok(0),
    }
}

/// su(2) and su(4) instead of so(3) and so(6) where the ideal acts by the defining representation
/// of the former, which its Casimir operator tells: 3/8 and 15/32 against 1 and 5/8.
fn spin_name(
    ideal: &Ideal,
    rows: &[Entries],
    constants: &StructureConstants,
) -> Result<String, Error> {
    let (unitary, casimir) = match ideal.name.as_str() {
        "so(3)" => ("su(2)", 3.0 / 8.0),
        "so(6)" => ("su(4)", 15.0 / 32.0),
        _ => return Ok(ideal.name.clone()),
    };
    let m = ideal.dimension;
    let fields: Vec<Entries> = (0..m)
        .map(|j| {
            let terms = rows.iter().enumerate().flat_map(|(i, row)| {
                let weight = ideal.basis[(i, j)];
                row.0
                    .iter()
                    .filter(move |_| weight != 0.0)
                    .map(move |e| (e.0, weight * e.1))
            });
            Entries::collect(terms)
        })
        .collect();
    let apply = |field: &Entries, v: &BTreeMap<usize, f64>| {
        let mut out: BTreeMap<usize, f64> = BTreeMap::new();
        for &((row, column), value) in &field.0 {
            if column != CONSTANT {
                *out.entry(row).or_default() += value * v.get(&column).copied().unwrap_or(0.0);
            }
        }
        out
    };
    let random = Stream::new(0x5eed, 2, 0);
    let theta: BTreeMap<usize, f64> = fields[0]
        .0
        .iter()
        .map(|e| (e.0.1, random.normal_at(e.0.1 as u64)))
        .collect();
    let v = apply(&fields[0], &theta);
    let ads: Vec<Matrix> = (0..m)
        .map(|j| constants.adjoint(&ideal.basis.column(j)))
        .collect();
    let killing = Matrix::from_fn(m, m, |a, b| {
        ads[a]
            .data
            .iter()
            .zip(&ads[b].transpose().data)
            .map(|(x, y)| x * y)
            .sum()
    });
    let inverse = least_squares(&killing, &Matrix::identity(m))?;
    let dot = |x: &BTreeMap<usize, f64>| {
        x.iter()
            .map(|(i, x)| x * v.get(i).copied().unwrap_or(0.0))
            .sum::<f64>()
    };
    let mut value = 0.0;
    for (b, field) in fields.iter().enumerate() {
        let once = apply(field, &v);
        for (a, other) in fields.iter().enumerate() {
            value += inverse[(a, b)] * dot(&apply(other, &once));
        }
    }
    let is_spinor = (value / dot(&v) - casimir).abs() < 1e-4;
    Ok(if is_spinor {
        unitary.into()
    } else {
        ideal.name.clone()
    })
}
