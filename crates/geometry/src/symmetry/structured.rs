//! Blocks that are too large for all affine fields are searched among those that mix axes: what is found
//! there is re-checked like everything else, and bounds nothing from above.

use super::ansatz::Mixing;
use super::blocks::Block;
use super::echelon::Echelon;
use super::quotient::Quotient;
use super::search::{self, Ansatz, Found, Look};
use crate::effort::Effort;
use crate::field::AffineField;
use crate::probe::Probes;
use std::collections::BTreeMap;
use symbias_model::error::Result;

/// Unknowns of a search, at most.
const BUDGET: usize = 2400;

/// Searches the blocks that have not been searched.
pub(super) fn search(
    probes: &Probes<'_>,
    quotient: &Quotient,
    effort: Effort,
    blocks: &mut [(Block, Option<Found>)],
) -> Result<()> {
    let mut moves = vec![false; probes.parameters()];
    for (block, _) in blocks.iter().filter(|b| b.1.is_none()) {
        block.rows.iter().for_each(|i| moves[*i] = true);
    }
    if !moves.contains(&true) {
        return Ok(());
    }
    let affordable = |n: &usize| effort.allows(Effort::null_space(*n, probes.length()));
    let budget = [BUDGET, BUDGET / 2, BUDGET / 4]
        .into_iter()
        .find(affordable);
    let Some(ansatz) = budget.and_then(|n| Mixing::new(probes.model(), &moves, n)) else {
        return Ok(());
    };
    if ansatz.unknowns() == 0 {
        return Ok(());
    }
    let found = search::search(probes, quotient, &ansatz, Look::First)?;
    let on_slice: Vec<AffineField> = found.fields.iter().map(|f| sliced(quotient, f)).collect();
    for (block, slot) in blocks.iter_mut().filter(|b| b.1.is_none()) {
        // The part of a symmetry on one block is a symmetry.
        let parts: Vec<AffineField> = on_slice.iter().map(|f| rows_of(f, &block.rows)).collect();
        *slot = Some(Found {
            fields: independent(&parts),
            upper: usize::MAX,
            all: false,
            identity: found.identity,
            decision: found.decision.clone(),
        });
    }
    Ok(())
}

/// A field as it acts on the slice across the translations: values slide back to it.
fn sliced(quotient: &Quotient, field: &AffineField) -> AffineField {
    if quotient.dimension() == 0 {
        return field.clone();
    }
    let mut columns: BTreeMap<Option<usize>, Vec<(usize, f64)>> = BTreeMap::new();
    for &(i, j, x) in &field.linear {
        columns.entry(Some(j)).or_default().push((i, x));
    }
    for &(i, x) in &field.constant {
        columns.entry(None).or_default().push((i, x));
    }
    let mut slid = AffineField::default();
    for (column, entries) in columns {
        // Coordinates that are 0 on the slice turn nothing.
        if column.is_some_and(|j| quotient.kept.binary_search(&j).is_err()) {
            continue;
        }
        for (i, x) in quotient.slide_sparse(&entries) {
            match column {
                Some(j) => slid.linear.push((i, j, x)),
                None => slid.constant.push((i, x)),
            }
        }
    }
    slid
}

fn rows_of(field: &AffineField, rows: &[usize]) -> AffineField {
    let inside = |i: &usize| rows.binary_search(i).is_ok();
    AffineField {
        linear: field
            .linear
            .iter()
            .filter(|e| inside(&e.0))
            .copied()
            .collect(),
        constant: field
            .constant
            .iter()
            .filter(|e| inside(&e.0))
            .copied()
            .collect(),
    }
}

/// A basis of the span of some fields, sparse where there is a sparse one.
fn independent(fields: &[AffineField]) -> Vec<AffineField> {
    let mut places: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
    for field in fields {
        for (i, j, _) in &field.linear {
            let next = places.len();
            places.entry((*i, Some(*j))).or_insert(next);
        }
        for (i, _) in &field.constant {
            let next = places.len();
            places.entry((*i, None)).or_insert(next);
        }
    }
    let row = |field: &AffineField| {
        let mut row = vec![0.0; places.len()];
        for (i, j, x) in &field.linear {
            row[places[&(*i, Some(*j))]] += x;
        }
        for (i, x) in &field.constant {
            row[places[&(*i, None)]] += x;
        }
        row
    };
    let basis = Echelon::of(fields.iter().map(row).collect()).cleaned();
    let mut keys = vec![(0, None); places.len()];
    for (key, at) in places {
        keys[at] = key;
    }
    let field = |row: &Vec<f64>| {
        let mut field = AffineField::default();
        for ((i, j), x) in keys.iter().zip(row).filter(|(_, x)| **x != 0.0) {
            match j {
                Some(j) => field.linear.push((*i, *j, *x)),
                None => field.constant.push((*i, *x)),
            }
        }
        field
    };
    basis.rows.iter().map(field).collect()
}
