//! The vertices of {w : Σ_k |(Ωw)_k| ≤ 1}, one of each pair ±v. They are the lines on which rows of rank n − 1 vanish: on each cell of the
//! hyperplanes (Ωw)_k = 0 the norm is linear, and the linear function of a neighbour is another.
//!
//! Hyperplanes enter one by one (the double description of Motzkin et al., 1953): the lines of before stay, and each plane in which rows
//! of rank n − 2 vanish meets the new hyperplane in a line. Their number only grows, so that a bound ends the search early.

use std::collections::HashSet;

/// Why there are no vertices to build with.
pub(super) enum Without {
    /// More than the bound.
    Many,
    /// A direction that no row sees.
    Free(Vec<f64>),
}

/// A row of size 1 is 0 at a point of size 1 below this.
const ZERO: f64 = 1e-9;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(mut v: Vec<f64>) -> Vec<f64> {
    let size = dot(&v, &v).sqrt();
    v.iter_mut().for_each(|x| *x /= size);
    v
}

/// What is left of a vector outside of an orthonormal system.
fn outside(v: &[f64], system: &[Vec<f64>]) -> Vec<f64> {
    let mut rest = v.to_vec();
    // Twice is enough (Kahan).
    for _ in 0..2 {
        for q in system {
            let along = dot(&rest, q);
            rest.iter_mut().zip(q).for_each(|(r, q)| *r -= along * q);
        }
    }
    rest
}

/// Rows that are a basis, each as far as possible from those before.
fn basis(rows: &[Vec<f64>], n: usize) -> (Vec<usize>, Vec<Vec<f64>>) {
    let (mut chosen, mut system) = (Vec::new(), Vec::new());
    while chosen.len() < n {
        let rest = rows.iter().map(|r| outside(r, &system));
        let best = rest
            .map(|r| (dot(&r, &r), r))
            .enumerate()
            .max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        match best {
            Some((k, (size, rest))) if size.sqrt() > ZERO => {
                chosen.push(k);
                system.push(unit(rest));
            }
            _ => break,
        }
    }
    (chosen, system)
}

/// A line, and the rows that vanish on it.
struct Line {
    point: Vec<f64>,
    zeros: Vec<u64>,
}

fn bits(count: usize) -> Vec<u64> {
    vec![0; count.div_ceil(64)]
}

fn set(zeros: &mut [u64], k: usize) {
    zeros[k / 64] |= 1 << (k % 64);
}

fn members(zeros: &[u64], count: usize) -> Vec<usize> {
    (0..count)
        .filter(|k| zeros[k / 64] >> (k % 64) & 1 == 1)
        .collect()
}

/// One vertex of each pair, at Σ|Ωv| = 1; at most `most` of them.
pub(super) fn vertices(
    omega: &[Vec<f64>],
    n: usize,
    most: usize,
) -> Result<Vec<Vec<f64>>, Without> {
    let rows: Vec<Vec<f64>> = omega.iter().cloned().map(unit).collect();
    let (first, system) = basis(&rows, n);
    if first.len() < n {
        let axes = (0..n).map(|k| (0..n).map(|i| f64::from(u8::from(i == k))).collect());
        let rest = axes.map(|e: Vec<f64>| outside(&e, &system));
        let free = rest.max_by(|a, b| dot(a, a).total_cmp(&dot(b, b)));
        return Err(Without::Free(unit(free.unwrap_or_default())));
    }
    let mut entered: Vec<usize> = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    for k in &first {
        // The line that the other rows of the basis leave.
        let others: Vec<Vec<f64>> = first
            .iter()
            .filter(|l| *l != k)
            .map(|l| rows[*l].clone())
            .collect();
        let point = unit(outside(&rows[*k], &basis(&others, n - 1).1));
        let mut zeros = bits(rows.len());
        first
            .iter()
            .filter(|l| *l != k)
            .for_each(|l| set(&mut zeros, *l));
        lines.push(Line { point, zeros });
        entered.push(*k);
    }
    for r in (0..rows.len()).filter(|r| !first.contains(r)) {
        entered.push(r);
        let heights: Vec<f64> = lines.iter().map(|l| dot(&rows[r], &l.point)).collect();
        let mut known: HashSet<Vec<u64>> = HashSet::new();
        for (line, height) in lines.iter_mut().zip(&heights) {
            if height.abs() < ZERO {
                set(&mut line.zeros, r);
            }
            known.insert(line.zeros.clone());
        }
        let across: Vec<usize> = (0..lines.len())
            .filter(|l| heights[*l].abs() >= ZERO)
            .collect();
        let mut planes: HashSet<Vec<u64>> = HashSet::new();
        for (number, a) in across.iter().enumerate() {
            for b in &across[..number] {
                let pairs = lines[*a].zeros.iter().zip(&lines[*b].zeros);
                let common: Vec<u64> = pairs.map(|(x, y)| x & y).collect();
                let count: u32 = common.iter().map(|w| w.count_ones()).sum();
                if (count as usize) + 2 < n || planes.contains(&common) {
                    continue;
                }
                let own: Vec<Vec<f64>> = members(&common, rows.len())
                    .into_iter()
                    .map(|k| rows[k].clone())
                    .collect();
                let plane = basis(&own, n).0.len() + 2 == n;
                planes.insert(common);
                if !plane {
                    continue;
                }
                let pairs = lines[*a].point.iter().zip(&lines[*b].point);
                let point = unit(
                    pairs
                        .map(|(x, y)| heights[*b] * x - heights[*a] * y)
                        .collect(),
                );
                let mut zeros = bits(rows.len());
                let vanish = entered
                    .iter()
                    .filter(|k| dot(&rows[**k], &point).abs() < ZERO);
                vanish.for_each(|k| set(&mut zeros, *k));
                if known.insert(zeros.clone()) {
                    lines.push(Line { point, zeros });
                    if lines.len() > most {
                        return Err(Without::Many);
                    }
                }
            }
        }
    }
    let scaled = lines.into_iter().map(|l| {
        let size: f64 = omega.iter().map(|r| dot(r, &l.point).abs()).sum();
        let top = l.point.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let clean = |x: &f64| if x.abs() < 1e-14 * top { 0.0 } else { x / size };
        l.point.iter().map(clean).collect()
    });
    Ok(scaled.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(omega: &[Vec<f64>], n: usize) -> usize {
        vertices(omega, n, 1000).map_or(0, |v| v.len())
    }

    /// The rows of all coordinates, and of differences along edges.
    fn graph(n: usize, edges: &[(usize, usize)], entries: bool) -> Vec<Vec<f64>> {
        let mut rows = Vec::new();
        let row = |of: &[(usize, f64)]| {
            let mut row = vec![0.0; n];
            of.iter().for_each(|(k, x)| row[*k] = *x);
            row
        };
        if entries {
            (0..n).for_each(|k| rows.push(row(&[(k, 1.0)])));
        }
        edges
            .iter()
            .for_each(|(a, b)| rows.push(row(&[(*a, 1.0), (*b, -1.0)])));
        rows
    }

    #[test]
    fn vertices_of_graphs_are_their_connected_sets() {
        assert_eq!(count(&graph(4, &[], true), 4), 4);
        // A chain of n has n(n+1)/2 intervals, a ring of n has n(n−1) + 1 arcs, a star of three leaves 2³ + 3 connected sets.
        assert_eq!(
            count(&graph(5, &[(0, 1), (1, 2), (2, 3), (3, 4)], true), 5),
            15
        );
        assert_eq!(
            count(&graph(4, &[(0, 1), (1, 2), (2, 3), (3, 0)], true), 4),
            13
        );
        assert_eq!(count(&graph(4, &[(0, 1), (0, 2), (0, 3)], true), 4), 11);
    }

    #[test]
    fn generic_rows_have_as_many_vertices_as_choices() {
        // Of m rows in general position every n − 1 leave a line.
        let rows: Vec<Vec<f64>> = (1..8)
            .map(|k| (0..4).map(|p| f64::from(k).powi(p)).collect())
            .collect();
        assert_eq!(count(&rows, 4), 35);
        assert!(matches!(vertices(&rows, 4, 34), Err(Without::Many)));
    }

    #[test]
    fn what_no_row_sees_is_named() {
        let Err(Without::Free(d)) = vertices(&graph(3, &[(0, 1), (1, 2)], false), 3, 100) else {
            panic!("a kernel");
        };
        assert!(d.iter().all(|x| (x.abs() - 3_f64.powf(-0.5)).abs() < 1e-12));
    }
}
