//! The balanced point of each structure, from its effective weights alone.

use std::f64::consts::FRAC_1_SQRT_2;
use symbias_geometry::component::{Balance, Chain, Pair, Rotation, Structure, Torus, Turn};
use symbias_geometry::discover::structural::Factor;
use symbias_geometry::metric::{Monomial, weights};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_model::expression::{Model, TensorId};
use symbias_model::space::Block;
use symbias_numerics::dense::{Matrix, svd, symmetric_eigen};

/// Number of effective weights of a part; `None` where it has no section.
pub(super) fn entries(model: &Model, factors: &[Factor], part: &Structure) -> Option<usize> {
    match part {
        Structure::Torus(torus) if torus.phase => {
            let [group] = torus.groups.as_slice() else {
                return None;
            };
            let items = 0..group.places.len();
            Some(items.map(|i| (group.places.count(i) / 2).pow(2)).sum())
        }
        Structure::Torus(torus) => {
            let powers = powers(torus)?;
            let item = |i: usize| -> usize {
                let sizes = torus.groups.iter().map(|g| g.places.count(i));
                sizes.zip(&powers).map(|(n, m)| n.pow(*m as u32)).product()
            };
            Some((0..torus.items()).map(item).sum())
        }
        Structure::Pair(pair) => {
            let (_, n, m) = pair.shape()?;
            Some(pair.copies() * n * m)
        }
        Structure::Chain(chain) => {
            let last = chain.places(chain.depth() - 1);
            Some(chain.places(0).len() * last.first().map_or(0, Vec::len))
        }
        Structure::Rotation(rotation) => {
            let (_, width) = rotation.shape()?;
            let real = rotation.turn == Turn::Orthogonal && !rotation.is_complex();
            real.then_some(rotation.copies() * width * (width + 1) / 2)
        }
        Structure::Translation(tensor) => translated(model, factors, *tensor),
        Structure::Coupled(_) | Structure::Unknown => None,
    }
}

/// What a part is, for the message that refuses it.
pub(super) fn named(part: &Structure) -> &'static str {
    match part {
        Structure::Torus(torus) => match torus.balance() {
            Balance::Shrinks(why) => why,
            _ => "scalings or phases that leave more than one product of blocks",
        },
        Structure::Coupled(_) => "scalings whose families select different blocks of a parameter",
        Structure::Rotation(_) => "a compact group other than so(n) on real stacks",
        Structure::Pair(_) | Structure::Chain(_) | Structure::Translation(_) => {
            "a structure whose entries are not listed"
        }
        Structure::Unknown => "factors that act together in a way that no structure describes",
    }
}

/// All or none of the entries of a translated parameter are weights.
fn translated(model: &Model, factors: &[Factor], tensor: TensorId) -> Option<usize> {
    let own: Vec<Factor> = factors
        .iter()
        .filter(|f| f.moved().contains(&tensor))
        .cloned()
        .collect();
    let range = model
        .space()
        .block(&model.tensor(tensor).name)
        .map_or(0..0, Block::range);
    let found = weights(model, &own)?;
    let reads = |e: &&Vec<Monomial>| e.iter().any(|m| m.places.iter().any(|p| range.contains(p)));
    Some(found.map.entries.iter().filter(reads).count())
}

/// m_k, where they are whole numbers.
fn powers(torus: &Torus) -> Option<Vec<usize>> {
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    let whole = m.iter().all(|m| m.fract() == 0.0);
    whole.then(|| m.iter().map(|m| *m as usize).collect())
}

/// Writes the balanced point of a part into θ.
pub(super) fn of_part(part: &Structure, w: &[f64], start: &[f64], theta: &mut [f64]) -> Result<()> {
    match part {
        Structure::Torus(torus) if torus.phase => of_phase(torus, w, theta),
        Structure::Torus(torus) => of_torus(torus, w, start, theta),
        Structure::Pair(pair) => return of_pair(pair, w, theta),
        Structure::Chain(chain) => return of_chain(chain, w, theta),
        Structure::Rotation(rotation) => return of_rotation(rotation, w, theta),
        Structure::Translation(_) | Structure::Coupled(_) | Structure::Unknown => {}
    }
    Ok(())
}

/// A centred parameter is its own weights: the projector on their span is symmetric.
pub(super) fn centred(entries: &[Vec<Monomial>], w: &[f64], theta: &mut [f64]) {
    for (entry, w) in entries.iter().zip(w) {
        for m in entry {
            for p in &m.places {
                theta[*p] += m.coefficient * w;
            }
        }
    }
}

fn of_torus(torus: &Torus, w: &[f64], start: &[f64], theta: &mut [f64]) {
    let powers = powers(torus).unwrap_or_default();
    let mut first = 0;
    for item in 0..torus.items() {
        let places: Vec<Vec<usize>> = torus.groups.iter().map(|g| g.places.of(item)).collect();
        let count: usize = places
            .iter()
            .zip(&powers)
            .map(|(p, m)| p.len().pow(*m as u32))
            .product();
        of_item(&places, &powers, &w[first..first + count], start, theta);
        first += count;
    }
}

/// z = ⊗ a_k^{⊗m_k}: every fibre of z is a multiple of a block, and the one through the largest entry
/// loses no digits. Norms are ‖a_k‖² = m_k c with c^M Π m_k^{m_k} = ‖z‖². Signs: those of the start,
/// and where z asks for the other one, a block of odd power is turned, the largest (of equal ones the
/// last), so that the signs of numbers stay where there is a vector.
fn of_item(places: &[Vec<usize>], powers: &[usize], z: &[f64], start: &[f64], theta: &mut [f64]) {
    let pivot = (0..z.len())
        .max_by(|a, b| z[*a].abs().total_cmp(&z[*b].abs()))
        .unwrap_or(0);
    let top = z.get(pivot).copied().unwrap_or(0.0);
    if top == 0.0 {
        return;
    }
    let size = top.abs() * z.iter().map(|x| (x / top).powi(2)).sum::<f64>().sqrt();
    let whole: f64 = powers.iter().map(|m| *m as f64).sum();
    let weights: f64 = powers.iter().map(|m| *m as f64 * (*m as f64).ln()).sum();
    let c = ((2.0 * size.ln() - weights) / whole).exp();
    let (mut stride, mut sign) = (z.len(), top.signum());
    for (own, m) in places.iter().zip(powers) {
        let n = own.len();
        for power in 0..*m {
            stride /= n;
            let at = pivot / stride % n;
            // Relative to the largest entry: squares of small weights would vanish.
            let fibre = |j: usize| z[pivot - at * stride + j * stride] / top.abs();
            if power == 0 {
                let along: f64 = own
                    .iter()
                    .enumerate()
                    .map(|(j, p)| fibre(j) * start[*p])
                    .sum();
                let turn = if along < 0.0 { -1.0 } else { 1.0 };
                let norm = (0..n).map(|j| fibre(j).powi(2)).sum::<f64>().sqrt();
                let length = turn * (*m as f64 * c).sqrt() / norm;
                own.iter()
                    .enumerate()
                    .for_each(|(j, p)| theta[*p] = length * fibre(j));
            }
            sign *= theta[own[at]].signum();
        }
    }
    let odd = (0..places.len()).filter(|k| powers[*k] % 2 == 1);
    if let (true, Some(k)) = (sign < 0.0, odd.max_by_key(|k| places[*k].len())) {
        places[k].iter().for_each(|p| theta[*p] = -theta[*p]);
    }
}

/// z z*, entries i ≤ j of z̄_i z_j, real and imaginary parts: the phase that makes the largest entry of
/// z real.
fn of_phase(torus: &Torus, w: &[f64], theta: &mut [f64]) {
    let mut rest = w;
    for places in torus.groups[0].places.iter() {
        let n = places.len() / 2;
        // Where row i begins: n² − (n−i)² numbers come before.
        let row = |i: usize| n * n - (n - i) * (n - i);
        let (own, after) = rest.split_at(n * n);
        rest = after;
        let diagonal = |i: usize| own[row(i)];
        let pivot = (0..n)
            .max_by(|a, b| diagonal(*a).total_cmp(&diagonal(*b)))
            .unwrap_or(0);
        let root = diagonal(pivot).max(0.0).sqrt();
        for j in 0..n {
            let (i, k) = (pivot.min(j), pivot.max(j));
            let at = row(i) + if k == i { 0 } else { 2 * (k - i) - 1 };
            let (re, im) = match pivot.cmp(&j) {
                std::cmp::Ordering::Equal => (own[at], 0.0),
                // z̄_pivot z_j, or its conjugate.
                std::cmp::Ordering::Less => (own[at] * FRAC_1_SQRT_2, own[at + 1] * FRAC_1_SQRT_2),
                std::cmp::Ordering::Greater => {
                    (own[at] * FRAC_1_SQRT_2, -own[at + 1] * FRAC_1_SQRT_2)
                }
            };
            let share = |x: f64| if root > 0.0 { x / root } else { 0.0 };
            theta[places[2 * j]] = share(re);
            theta[places[2 * j + 1]] = share(im);
        }
    }
}

/// W = USVᵀ, A = S^{1/2}Uᵀ, B = S^{1/2}Vᵀ: AAᵀ = BBᵀ = S. Rows beyond the rank of W are zero.
fn of_pair(pair: &Pair, w: &[f64], theta: &mut [f64]) -> Result<()> {
    let (_, n, m) = pair.shape().unwrap_or_default();
    for copy in 0..pair.copies() {
        let own = &w[copy * n * m..(copy + 1) * n * m];
        let found = svd(&Matrix::from_fn(n, m, |i, j| own[i * m + j])).map_err(numerical)?;
        let [a, b] = pair.places(copy);
        for (k, (a, b)) in a.iter().zip(&b).enumerate().take(found.s.len()) {
            let root = found.s[k].sqrt();
            a.iter()
                .enumerate()
                .for_each(|(i, p)| theta[*p] = root * found.u[(i, k)]);
            b.iter()
                .enumerate()
                .for_each(|(j, p)| theta[*p] = root * found.v[(j, k)]);
        }
    }
    Ok(())
}

/// W = USVᵀ, T_1 = US^{1/D}, T_k = S^{1/D}, T_D = S^{1/D}Vᵀ, in the first rows and columns where an inner
/// width is larger than the rank: T_kᵀT_k = T_{k+1}T_{k+1}ᵀ = S^{2/D}.
fn of_chain(chain: &Chain, w: &[f64], theta: &mut [f64]) -> Result<()> {
    let depth = chain.depth();
    let places: Vec<Vec<Vec<usize>>> = (0..depth).map(|k| chain.places(k)).collect();
    let (n, m) = (places[0].len(), places[depth - 1][0].len());
    let found = svd(&Matrix::from_fn(n, m, |i, j| w[i * m + j])).map_err(numerical)?;
    let inner = places[1..].iter().map(Vec::len).min().unwrap_or(0);
    for k in 0..found.s.len().min(inner) {
        let root = found.s[k].powf(1.0 / depth as f64);
        for (level, rows) in places.iter().enumerate() {
            if level == 0 {
                (0..n).for_each(|i| theta[rows[i][k]] = root * found.u[(i, k)]);
            } else if level == depth - 1 {
                (0..m).for_each(|j| theta[rows[k][j]] = root * found.v[(j, k)]);
            } else {
                theta[rows[k][k]] = root;
            }
        }
    }
    Ok(())
}

/// S = MᵀM with M (r×N): the symmetric square root where r ≥ N, else Λ^{1/2}Vᵀ of the r largest
/// eigenvalues. Negative eigenvalues count as zero.
fn of_rotation(rotation: &Rotation, w: &[f64], theta: &mut [f64]) -> Result<()> {
    let (r, n) = rotation.shape().unwrap_or_default();
    let each = n * (n + 1) / 2;
    for copy in 0..rotation.copies() {
        let own = &w[copy * each..(copy + 1) * each];
        let mut s = Matrix::zeros(n, n);
        let mut entries = own.iter();
        for i in 0..n {
            for j in i..n {
                let x = entries.next().copied().unwrap_or(0.0);
                let x = if i == j { x } else { x * FRAC_1_SQRT_2 };
                s[(i, j)] = x;
                s[(j, i)] = x;
            }
        }
        let eigen = symmetric_eigen(&s).map_err(numerical)?;
        let root = |k: usize| eigen.values[k].max(0.0).sqrt();
        let rows = rotation.places(copy);
        for (i, row) in rows.iter().enumerate().take(n) {
            for (j, p) in row.iter().enumerate() {
                theta[*p] = if r >= n {
                    let term = |k: usize| eigen.vectors[(i, k)] * root(k) * eigen.vectors[(j, k)];
                    (0..n).map(term).sum()
                } else {
                    // Eigenvalues rise.
                    root(n - 1 - i) * eigen.vectors[(j, n - 1 - i)]
                };
            }
        }
    }
    Ok(())
}
