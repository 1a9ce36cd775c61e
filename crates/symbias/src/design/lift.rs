//! From components to parameters: F(θ) = z, at balanced charges or at wanted ones.
//!
//! On |z| = α Π θ_j^{a_j} the balanced point has θ_j²/a_j = T² for all j; at charge C the first factor, which carries the sign, has
//! θ_1²/a_1 = y and all others θ_j²/a_j = y + 2C, so that C = (θ_j²/a_j − θ_1²/a_1)/2 is conserved by gradient flow (theory §2.1).

use super::expression::Compiled;
use super::part::{Construction, On, Part, Raw};
use super::structured::Sharing;
use symbias_model::data::Named;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::dense::{Matrix, svd};

/// Places of the entries of each group (or matrix), by outer place.
pub(super) fn groups(part: &Part) -> Vec<Vec<usize>> {
    places(&part.shape, &part.outer(), &part.inner)
}

/// The flat places of an array, inner axes within outer ones.
pub(super) fn places(shape: &[usize], outer: &[usize], inner: &[usize]) -> Vec<Vec<usize>> {
    let strides: Vec<usize> = (0..shape.len())
        .map(|a| shape[a + 1..].iter().product())
        .collect();
    let offsets = |axes: &[usize]| -> Vec<usize> {
        let mut found = vec![0];
        for a in axes {
            let each = (0..shape[*a]).map(|i| i * strides[*a]);
            let each: Vec<usize> = each.collect();
            found = found
                .iter()
                .flat_map(|f| each.iter().map(move |e| f + e))
                .collect();
        }
        found
    };
    let inside = offsets(inner);
    offsets(outer)
        .into_iter()
        .map(|o| inside.iter().map(|i| o + i).collect())
        .collect()
}

/// y ≥ 0 with y^{1} (y + 2C)^{b} = s, in s = (|x|/α')², b = A − 1; C may be negative.
fn share(s: f64, b: f64, charge: f64) -> f64 {
    if b == 0.0 {
        return s;
    }
    let low = (-2.0 * charge).max(0.0);
    if s == 0.0 {
        return low;
    }
    if b == 1.0 {
        let root = charge.hypot(s.sqrt());
        return match charge >= 0.0 {
            true => s / (charge + root),
            false => root - charge,
        };
    }
    if charge == 0.0 {
        return s.powf(1.0 / (1.0 + b));
    }
    // With t = y − low > 0: monotone in log t.
    let f = |t: f64| {
        let y = low + t;
        y.ln() + b * (t + 2.0 * charge + low).ln() - s.ln()
    };
    let (mut a, mut z) = (-700.0_f64, 350.0_f64);
    for _ in 0..200 {
        let m = (a + z) / 2.0;
        if f(m.exp()) < 0.0 {
            a = m;
        } else {
            z = m;
        }
    }
    low + ((a + z) / 2.0).exp()
}

/// The parameters of a part at which it is z, at the charge C (balanced at 0).
///
/// # Errors
/// A value that the part does not reach (beyond a plateau).
pub fn lift(part: &Part, z: &[f64], charge: f64) -> Result<Vec<Named>> {
    if part.on == On::Singular {
        return matrices(part, z, charge);
    }
    if let Construction::Structured(s) = &part.construction {
        let [u, shared] = s.lift(z, charge);
        let array = |k: usize, v: Vec<f64>| (part.names[k].clone(), vec![v.len()], v);
        return Ok(vec![array(0, u), array(1, shared)]);
    }
    let groups = groups(part);
    // Factors that carry sign and direction.
    let is_sum = matches!(part.construction, Construction::Sum { .. });
    let vector = part.on == On::Groups;
    let outer: Vec<usize> = part.outer().iter().map(|a| part.shape[*a]).collect();
    let mut arrays: Vec<Named> = part
        .parameters()
        .iter()
        .map(|p| {
            let mut shape = match p.axes.starts_with(&part.letters) {
                true => part.shape.clone(),
                false => outer.clone(),
            };
            if p.axes.iter().any(|a| part.between.contains(a)) {
                shape.push(part.between_size());
            }
            let count = shape.iter().product();
            (p.name.clone(), shape, vec![0.0; count])
        })
        .collect();
    let curve = match &part.construction {
        Construction::Curve {
            pre,
            forward,
            profiles,
            ..
        } => Some([
            Compiled::new(pre, profiles, "x")?,
            Compiled::new(forward, profiles, "z")?,
        ]),
        _ => None,
    };
    for (place, group) in groups.iter().enumerate() {
        let own: Vec<f64> = group.iter().map(|k| z[*k]).collect();
        let rho = own.iter().map(|x| x * x).sum::<f64>().sqrt();
        let direction: Vec<f64> = match (rho > 0.0, own.len()) {
            (true, _) => own.iter().map(|x| x / rho).collect(),
            (false, n) => vec![1.0 / (n as f64).sqrt(); n],
        };
        let positive = direction[0] > 0.0 || vector;
        let m = part.weights.as_ref().map_or(1.0, |w| w[place]);
        let set = |arrays: &mut [Named], array: usize, size: f64| {
            let turned = array == 0 || array == 1 && is_sum;
            let entries = &mut arrays[array].2;
            if turned {
                for (k, d) in group.iter().zip(&direction) {
                    entries[*k] = size * d;
                }
            } else {
                entries[place] = size;
            }
        };
        match &part.construction {
            Construction::Product { scale, exponents } => {
                let total: f64 = exponents.iter().sum();
                let scale = scale * m.powf(-total / 2.0);
                let sizes: f64 = exponents.iter().map(|a| a.powf(a / 2.0)).product();
                let s = (rho / (scale * sizes)).powi(2);
                let y = share(s, total - 1.0, charge);
                let mut rest = scale;
                for (j, a) in exponents.iter().enumerate().skip(1) {
                    let t = (a * (y + 2.0 * charge)).max(0.0).sqrt();
                    rest *= t.powf(*a);
                    set(&mut arrays, j, t);
                }
                set(
                    &mut arrays,
                    0,
                    if rest > 0.0 { rho / rest } else { y.sqrt() },
                );
            }
            Construction::Profile {
                plus,
                minus,
                single,
            } => {
                let q = m * if positive { plus } else { minus }.value(rho);
                if *single {
                    set(&mut arrays, 0, (2.0 * q).sqrt());
                } else {
                    let y = share(q * q, 1.0, charge);
                    let t = (y + 2.0 * charge).max(0.0).sqrt();
                    set(&mut arrays, 1, t);
                    set(&mut arrays, 0, if t > 0.0 { q / t } else { y.sqrt() });
                }
            }
            Construction::Curve { raw, .. } => {
                let z = if vector { rho } else { own[0] };
                let x = match &curve {
                    // The forward map is an integral; its inverse is what the model computes.
                    Some([pre, forward]) => pre.solved(z, forward.at(z)?),
                    None => z,
                };
                match raw {
                    Raw::Single => along(&mut arrays[0].2, group, &direction, x, vector),
                    Raw::Pair => {
                        let y = share(x * x, 1.0, charge);
                        let t = (y + 2.0 * charge).max(0.0).sqrt();
                        arrays[1].2[place] = t;
                        let first = if t > 0.0 { x / t } else { y.sqrt() };
                        along(&mut arrays[0].2, group, &direction, first, vector);
                    }
                }
            }
            Construction::Mixture { scale } => {
                let t = (rho * m / scale).sqrt();
                let copies = part.between_size();
                if vector {
                    for (k, d) in group.iter().zip(&direction) {
                        arrays[0].2[*k] = t * d;
                    }
                    arrays[1].2[place * copies] = t;
                } else {
                    arrays[0].2[place * copies] = t * direction[0];
                    arrays[1].2[place * copies] = t;
                }
            }
            Construction::Square { scale } => {
                if own[0] < 0.0 {
                    return Err(Error::new(
                        ErrorKind::Value,
                        format!("entry {place} of `{}` is {}, and its square makes no negative number", part.component, own[0]),
                    )
                    .remedy("coefficients of the atoms of a gauge are not negative; of `atomic` they may be"));
                }
                arrays[0].2[place] = (own[0] / scale).sqrt();
            }
            // Of the whole component, above.
            Construction::Structured(_) => {}
            Construction::Sum { alpha, beta } => {
                let knee = alpha * alpha / beta;
                let own = rho.min(knee);
                set(&mut arrays, 0, own * m.sqrt() / alpha);
                let q = m * (rho - own) / beta;
                let y = share(q * q, 1.0, charge);
                let t = (y + 2.0 * charge).max(0.0).sqrt();
                set(&mut arrays, 2, t);
                set(&mut arrays, 1, if t > 0.0 { q / t } else { y.sqrt() });
            }
        }
    }
    Ok(arrays)
}

/// A signed number of an entry, or a length along the direction of a group.
fn along(entries: &mut [f64], group: &[usize], direction: &[f64], x: f64, vector: bool) {
    for (k, d) in group.iter().zip(direction) {
        entries[*k] = if vector { x * d } else { x };
    }
}

fn matrices(part: &Part, z: &[f64], charge: f64) -> Result<Vec<Named>> {
    let Construction::Product { scale, exponents } = &part.construction else {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "singular values are made by products of matrices alone",
        ));
    };
    let depth = exponents.len();
    let [n, m] = [part.inner[0], part.inner[1]].map(|a| part.shape[a]);
    let r = part.size();
    let outer: Vec<usize> = part.outer().iter().map(|a| part.shape[*a]).collect();
    let groups = groups(part);
    let side = |k: usize| match k {
        0 => n,
        k if k == depth => m,
        _ => r,
    };
    let mut arrays: Vec<Named> = (0..depth)
        .map(|j| {
            let mut shape = outer.clone();
            shape.extend([side(j), side(j + 1)]);
            let count = shape.iter().product();
            (part.names[j].clone(), shape, Vec::with_capacity(count))
        })
        .collect();
    for (place, group) in groups.iter().enumerate() {
        let weight = part.weights.as_ref().map_or(1.0, |w| w[place]);
        let scale = scale * weight.powf(-(depth as f64) / 2.0);
        if depth == 1 {
            arrays[0].2.extend(group.iter().map(|k| z[*k] / scale));
            continue;
        }
        let w = Matrix::from_fn(n, m, |i, j| z[group[i * m + j]] / scale);
        let f = svd(&w).map_err(|e| Error::new(ErrorKind::Numerical, e.to_string()))?;
        let sizes: Vec<(f64, f64)> =
            f.s.iter()
                .map(|s| {
                    let y = share(s * s, depth as f64 - 1.0, charge);
                    let t = (y + 2.0 * charge).max(0.0).sqrt();
                    let others = t.powi(depth as i32 - 1);
                    (if others > 0.0 { s / others } else { y.sqrt() }, t)
                })
                .collect();
        // The last factor carries what the first one does elsewhere.
        for (j, array) in arrays.iter_mut().enumerate() {
            let last = j + 1 == depth;
            let own = |k: usize| if last { sizes[k].0 } else { sizes[k].1 };
            let rows = side(j);
            for i in 0..rows {
                for k in 0..side(j + 1) {
                    array.2.push(match (j, last) {
                        (0, _) => f.u[(i, k)] * own(k),
                        (_, true) => own(i) * f.v[(k, i)],
                        _ => f64::from(u8::from(i == k)) * own(k),
                    });
                }
            }
        }
    }
    Ok(arrays)
}

/// How the lift is written, for people.
#[must_use]
pub fn formulas(part: &Part) -> Vec<String> {
    use super::form::number;
    let shown = super::part::indexed(&part.component, &part.letters);
    let parameters = part.parameters();
    let spelled: Vec<String> = parameters
        .iter()
        .map(|p| super::part::indexed(&p.name, &p.axes))
        .collect();
    let inner: Vec<String> = part
        .inner
        .iter()
        .map(|a| part.letters[*a].clone())
        .collect();
    let (size, along) = match part.on {
        On::Groups => {
            let norm = format!("norm[{}]({shown})", inner.join(","));
            (norm.clone(), format!("{shown}/{norm}"))
        }
        _ => (format!("abs({shown})"), format!("sign({shown})")),
    };
    match &part.construction {
        Construction::Product { scale, exponents } if part.on == On::Singular => {
            if exponents.len() == 1 {
                return vec![format!("{} = {shown}/{}", spelled[0], number(*scale))];
            }
            let d = exponents.len();
            let over = if *scale == 1.0 {
                String::new()
            } else {
                format!("/{}", number(*scale))
            };
            let mut all = vec![format!("U diag(s) V^T = {shown}{over}")];
            for (j, p) in spelled.iter().enumerate() {
                all.push(match j {
                    0 => format!("{p} = U diag(s^(1/{d}))"),
                    j if j + 1 == d => format!("{p} = diag(s^(1/{d})) V^T"),
                    _ => format!("{p} = diag(s^(1/{d}))"),
                });
            }
            all
        }
        Construction::Product { exponents, .. } => {
            let total: f64 = exponents.iter().sum();
            let sizes: f64 = exponents.iter().map(|a| a.powf(a / 2.0)).product();
            let Construction::Product { scale, .. } = &part.construction else {
                return Vec::new();
            };
            let over = match (&part.weights, scale * sizes) {
                (Some(_), s) => format!("/({}*{})", number(s / scale), part.constant()),
                (None, 1.0) => String::new(),
                (None, s) => format!("/{}", number(s)),
            };
            let t = format!("({size}{over})^{}", number(1.0 / total));
            let each = spelled.iter().zip(exponents).enumerate();
            each.map(|(j, (p, a))| {
                let root = if *a == 1.0 {
                    String::new()
                } else {
                    format!("{}*", number(a.sqrt()))
                };
                match j {
                    0 => format!("{p} = {along}*{t}"),
                    _ => format!("{p} = {root}{t}"),
                }
            })
            .collect()
        }
        Construction::Profile {
            plus,
            minus,
            single,
        } => {
            let weight = part
                .weights
                .as_ref()
                .map_or(String::new(), |_| format!("{}*", part.constant()));
            let r = |x: &str, form: &super::form::Form| format!("{weight}({})", form.spelled(x));
            let q = if plus == minus {
                format!("q = {}", r(&size, plus))
            } else {
                format!(
                    "q = {} for {shown} > 0, {} else",
                    r(&size, plus),
                    r(&size, minus)
                )
            };
            if *single {
                vec![q, format!("{} = {along}*sqrt(2*q)", spelled[0])]
            } else {
                vec![
                    q,
                    format!("{} = {along}*sqrt(q)", spelled[0]),
                    format!("{} = sqrt(q)", spelled[1]),
                ]
            }
        }
        Construction::Mixture { scale } => {
            let t = format!("sqrt({size}/{})", number(*scale));
            vec![
                format!("{} = {along}*{t}, of the first copy", spelled[0]),
                format!("{} = {t}, of the first copy, 0 else", spelled[1]),
            ]
        }
        Construction::Curve {
            raw,
            forward,
            profiles,
            ..
        } => {
            let z = if part.on == On::Groups { size } else { shown };
            let mut all = vec![format!(
                "x = {}",
                super::spectral::renamed(forward, "z", &z).unwrap_or_default()
            )];
            all.extend(
                profiles
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}")),
            );
            match (raw, part.on) {
                (Raw::Single, On::Groups) => all.push(format!("{} = {along}*x", spelled[0])),
                (Raw::Single, _) => all.push(format!("{} = x", spelled[0])),
                (Raw::Pair, On::Groups) => {
                    all.push(format!("{} = {along}*sqrt(x)", spelled[0]));
                    all.push(format!("{} = sqrt(x)", spelled[1]));
                }
                (Raw::Pair, _) => {
                    all.push(format!("{} = sign(x)*sqrt(abs(x))", spelled[0]));
                    all.push(format!("{} = sqrt(abs(x))", spelled[1]));
                }
            }
            all
        }
        Construction::Square { scale } => {
            vec![format!("{} = sqrt({shown}/{})", spelled[0], number(*scale))]
        }
        Construction::Structured(s) => {
            let (i, g) = (&part.letters[0], &part.between[0]);
            let constant = super::part::indexed(&part.constant(), &[i.clone(), g.clone()]);
            let share = match s.sharing {
                Sharing::Latent => format!("1/sum[{g}]({constant}^2*t[{g}])"),
                Sharing::Overlapping => format!("sum[{g}]({constant}^2/t[{g}])"),
            };
            vec![
                format!("eta[{i}] = {share}"),
                format!(
                    "t = argmin over t >= 0 of sum[{i}]({shown}^2*eta[{i}])/2 + sum[{g}](t[{g}])/2"
                ),
                format!("{} = sqrt(t[{g}])", spelled[1]),
                format!("{} = {shown}*sqrt(eta[{i}])", spelled[0]),
            ]
        }
        Construction::Sum { alpha, beta } => {
            let knee = number(alpha * alpha / beta);
            let weight = part
                .weights
                .as_ref()
                .map_or(String::new(), |_| format!("{}*", part.constant()));
            vec![
                format!(
                    "{} = sqrt({weight}1)*{along}*min({size}, {knee})/{}",
                    spelled[0],
                    number(*alpha)
                ),
                format!(
                    "q = {weight}({size} - min({size}, {knee}))/{}",
                    number(*beta)
                ),
                format!("{} = {along}*sqrt(q)", spelled[1]),
                format!("{} = sqrt(q)", spelled[2]),
            ]
        }
    }
}
