//! Fields whose values share no coordinate are orthogonal at every point: Γ, its pseudo-inverse and
//! its volume are those of the blocks of fields that do.

use crate::connected::Connected;
use crate::field::AffineField;
use std::collections::BTreeMap;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::Matrix;

/// Entries of the values of all fields and of what is computed from them, at most: 2 GiB.
const ENTRIES: f64 = (1_u64 << 28) as f64;

/// Fields that share coordinates, and their values at a point.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Coordinates of θ, ascending.
    pub coords: Vec<usize>,
    /// Numbers of the fields, ascending.
    pub fields: Vec<usize>,
    /// ξ_a(θ) on the coordinates, one row each.
    pub values: Matrix,
}

/// The coordinates whose value a field gives.
fn rows(field: &AffineField) -> impl Iterator<Item = usize> + '_ {
    let linear = field.linear.iter().map(|e| e.0);
    linear.chain(field.constant.iter().map(|e| e.0))
}

/// The blocks of fields at θ; fields that are zero everywhere are in none.
///
/// # Errors
/// Blocks that no memory holds.
pub(super) fn blocks(fields: &[AffineField], theta: &[f64]) -> Result<Vec<Block>> {
    let d = theta.len();
    let mut connected = Connected::new(d);
    fields.iter().for_each(|f| connected.join_all(rows(f)));
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, field) in fields.iter().enumerate() {
        if let Some(first) = rows(field).next() {
            let root = connected.root(first);
            members.entry(root).or_default().push(number);
        }
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let mut place = vec![usize::MAX; d];
    let coords: Vec<Vec<usize>> = members
        .iter()
        .map(|own| coordinates(fields, own, &mut place))
        .collect();
    bounded(&members, &coords)?;
    let blocks = members.into_iter().zip(coords);
    Ok(blocks
        .map(|(members, coords)| Block {
            values: values(fields, &members, theta, &place, coords.len()),
            fields: members,
            coords,
        })
        .collect())
}

/// The coordinates of a block, ascending; `place` is told where each is.
fn coordinates(fields: &[AffineField], members: &[usize], place: &mut [usize]) -> Vec<usize> {
    let mut coords = Vec::new();
    for i in members.iter().flat_map(|f| rows(&fields[*f])) {
        if place[i] == usize::MAX {
            place[i] = 0;
            coords.push(i);
        }
    }
    coords.sort_unstable();
    coords.iter().enumerate().for_each(|(at, i)| place[*i] = at);
    coords
}

fn bounded(members: &[Vec<usize>], coords: &[Vec<usize>]) -> Result<()> {
    let size = |(own, coords): (&Vec<usize>, &Vec<usize>)| {
        let (n, c) = (own.len() as f64, coords.len() as f64);
        n * c + n.min(c) * (n + c)
    };
    let entries: f64 = members.iter().zip(coords).map(size).sum();
    if entries <= ENTRIES {
        return Ok(());
    }
    let largest = members.iter().zip(coords).map(|(m, c)| (m.len(), c.len()));
    let (n, c) = largest.max_by_key(|(n, c)| n * c).unwrap_or_default();
    Err(Error::new(
        ErrorKind::Unsupported,
        format!(
            "the geometry of orbits would take {:.0e} numbers, more than {ENTRIES:.0e}: {n} generators move {c} parameters together",
            entries
        ),
    )
    .remedy("smaller axes have the same symmetries, and rules need no numbers"))
}

fn values(
    fields: &[AffineField],
    members: &[usize],
    theta: &[f64],
    place: &[usize],
    width: usize,
) -> Matrix {
    let mut values = Matrix::zeros(members.len(), width);
    for (a, number) in members.iter().enumerate() {
        let (row, field) = (values.row_mut(a), &fields[*number]);
        for (i, j, x) in &field.linear {
            row[place[*i]] += x * theta[*j];
        }
        for (i, x) in &field.constant {
            row[place[*i]] += x;
        }
    }
    values
}
