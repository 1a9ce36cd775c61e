//! Names of real Lie algebras, in ASCII: `gl(4)^2 + so(2)^4 + R^4`.
//!
//! A real simple Lie algebra of classical type is known by its dimension, its rank (dimension of
//! a Cartan subalgebra), whether it is complex, the dimension of its maximal compact subalgebra,
//! and, where types B and C share these, by its roots (Helgason, *Differential geometry, Lie
//! groups and symmetric spaces*, chapter X, table V). Where low-dimensional algebras coincide:
//! so(3), not su(2) or sp(1); sl(2), not so(2,1) or sp(2,R); sl(2,C), not so(3,1); so(5),
//! so(4,1), and sp(4,R), not so(3,2); sl(4), not so(3,3); su(2,2), su(3,1), not so(4,2), so*(6);
//! so(6) and so(5,1), not su(4) and su*(4).

use std::collections::BTreeMap;

/// Which of the root systems B and C, of equal dimension and rank, an ideal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacing {
    /// B: so(p,q) with p + q odd.
    Orthogonal,
    /// C: sp.
    Symplectic,
    /// Neither; at rank 6 the exceptional E6.
    Neither,
}

/// The name of a real simple Lie algebra.
///
/// `dimension` and `rank` are real; for a complex algebra both are twice the complex numbers.
/// `compact` is the dimension of its maximal compact subalgebra. `lacing` matters only where
/// rank (over ℂ) ≥ 3 and dimension = rank (2 rank + 1).
#[must_use]
pub fn simple(
    dimension: usize,
    rank: usize,
    complex: bool,
    compact: usize,
    lacing: Lacing,
) -> String {
    if complex {
        return complex_name(dimension / 2, rank / 2, lacing);
    }
    let (n, r, k) = (dimension, rank, compact);
    let name = match (n, r) {
        (3, 1) => Some(if k == 3 {
            "so(3)".into()
        } else {
            "sl(2)".into()
        }),
        (10, 2) => match k {
            10 => Some("so(5)".into()),
            6 => Some("so(4,1)".into()),
            4 => Some("sp(4,R)".into()),
            _ => None,
        },
        (15, 3) if k == 15 => Some("so(6)".into()),
        (15, 3) if k == 10 => Some("so(5,1)".into()),
        _ if n == r * (r + 2) => unitary_or_linear(r + 1, k),
        _ if n == r * (2 * r + 1) => match lacing {
            Lacing::Orthogonal => orthogonal(2 * r + 1, k),
            Lacing::Symplectic => symplectic(r, k),
            Lacing::Neither => None,
        },
        _ if n == r * (2 * r - 1) => {
            orthogonal(2 * r, k).or_else(|| (k == r * r).then(|| format!("so*({})", 2 * r)))
        }
        _ => exceptional(n, r, k),
    };
    name.unwrap_or_else(|| format!("simple({n},{k})"))
}

fn complex_name(n: usize, r: usize, lacing: Lacing) -> String {
    match (n, r) {
        (10, 2) => "sp(4,C)".into(),
        _ if n == r * (r + 2) => format!("sl({},C)", r + 1),
        _ if n == r * (2 * r + 1) => match lacing {
            Lacing::Symplectic => format!("sp({},C)", 2 * r),
            _ => format!("so({},C)", 2 * r + 1),
        },
        _ if n == r * (2 * r - 1) => format!("so({},C)", 2 * r),
        _ => format!("simple({},C)", 2 * n),
    }
}

fn unitary_or_linear(n: usize, k: usize) -> Option<String> {
    if k == n * n - 1 {
        return Some(format!("su({n})"));
    }
    if k == n * (n - 1) / 2 {
        return Some(format!("sl({n})"));
    }
    if n.is_multiple_of(2) && k == n / 2 * (n + 1) {
        return Some(format!("su*({n})"));
    }
    (1..=n / 2)
        .find(|q| k + 1 == (n - q) * (n - q) + q * q)
        .map(|q| format!("su({},{q})", n - q))
}

fn orthogonal(n: usize, k: usize) -> Option<String> {
    let so = |m: usize| m * m.saturating_sub(1) / 2;
    (0..=n / 2).find(|q| k == so(n - q) + so(*q)).map(|q| {
        if q == 0 {
            format!("so({n})")
        } else {
            format!("so({},{q})", n - q)
        }
    })
}

fn symplectic(r: usize, k: usize) -> Option<String> {
    let sp = |m: usize| m * (2 * m + 1);
    if k == r * r {
        return Some(format!("sp({},R)", 2 * r));
    }
    (0..=r / 2).find(|q| k == sp(r - q) + sp(*q)).map(|q| {
        if q == 0 {
            format!("sp({r})")
        } else {
            format!("sp({},{q})", r - q)
        }
    })
}

fn exceptional(n: usize, r: usize, k: usize) -> Option<String> {
    let name = match (n, r) {
        (14, 2) => "g2",
        (52, 4) => "f4",
        (133, 7) => "e7",
        (248, 8) => "e8",
        _ => return None,
    };
    // The character of a real form: non-compact minus compact dimension.
    Some(if k == n {
        name.into()
    } else {
        format!("{name}({})", n as i64 - 2 * k as i64)
    })
}

/// Puts a name together from the names of the simple ideals, the non-compact and compact
/// dimensions of the centre, and the dimension of the nilpotent ideal [𝔤, radical].
///
/// `gl(n,C)` = sl(n,C) + R + so(2), `gl(n)` = sl(n) + R, `u(n)` = su(n) + so(2), as far as the
/// centre reaches and largest n first. An ideal called `su(2)` or `su(4)` by the caller and left
/// without a partner is called so(3) or so(6). The rest of the centre is `R^k`, last, and
/// `so(2)^k`; the nilpotent ideal is `n(k)`. The zero algebra is `0`.
#[must_use]
pub fn assemble(ideals: &[String], mut line: usize, mut circle: usize, nilpotent: usize) -> String {
    let mut sorted: Vec<(&str, usize)> = ideals
        .iter()
        .map(|name| (name.as_str(), order(name)))
        .collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut terms: BTreeMap<String, usize> = BTreeMap::new();
    let mut later = Vec::new();
    for (name, n) in sorted {
        if name.starts_with("sl(") && name.ends_with(",C)") && line > 0 && circle > 0 {
            (line, circle) = (line - 1, circle - 1);
            *terms.entry(format!("gl({n},C)")).or_default() += 1;
        } else {
            later.push((name, n));
        }
    }
    for (name, n) in later {
        let term = if name == format!("sl({n})") && line > 0 {
            line -= 1;
            format!("gl({n})")
        } else if name == format!("su({n})") && circle > 0 {
            circle -= 1;
            format!("u({n})")
        } else {
            match name {
                "su(2)" => "so(3)".into(),
                "su(4)" => "so(6)".into(),
                other => other.to_owned(),
            }
        };
        *terms.entry(term).or_default() += 1;
    }
    if circle > 0 {
        terms.insert("so(2)".into(), circle);
    }
    let mut text: Vec<String> = terms
        .into_iter()
        .map(|(term, count)| power(&term, count))
        .collect();
    if nilpotent > 0 {
        text.push(format!("n({nilpotent})"));
        text.sort();
    }
    if line > 0 {
        text.push(power("R", line));
    }
    if text.is_empty() {
        "0".into()
    } else {
        text.join(" + ")
    }
}

fn power(term: &str, count: usize) -> String {
    if count == 1 {
        term.into()
    } else {
        format!("{term}^{count}")
    }
}

/// The first number in a name.
fn order(name: &str) -> usize {
    let digits = name
        .chars()
        .skip_while(|c| *c != '(')
        .skip(1)
        .take_while(char::is_ascii_digit);
    digits.collect::<String>().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_follow_the_rule() {
        let of = |names: &[&str], line, circle, nilpotent| {
            let names: Vec<String> = names.iter().map(|s| (*s).to_owned()).collect();
            assemble(&names, line, circle, nilpotent)
        };
        assert_eq!(of(&[], 0, 0, 0), "0");
        assert_eq!(of(&[], 1, 1, 0), "so(2) + R");
        assert_eq!(of(&["sl(4)", "sl(4)"], 6, 4, 0), "gl(4)^2 + so(2)^4 + R^4");
        assert_eq!(of(&["sl(2)", "sl(4)"], 1, 0, 0), "gl(4) + sl(2)");
        assert_eq!(of(&["sl(3,C)", "su(3)"], 1, 2, 0), "gl(3,C) + u(3)");
        assert_eq!(of(&["su(2)"], 0, 0, 2), "n(2) + so(3)");
        assert_eq!(of(&["su(2)", "sl(10)"], 0, 1, 0), "sl(10) + u(2)");
        assert_eq!(of(&["so(3)"], 1, 1, 0), "so(2) + so(3) + R");
    }

    /// No two real forms of one complex type of dimension ≤ 120 share their compact dimension.
    #[test]
    fn compact_dimension_tells_real_forms_apart() {
        for n in 3..=11 {
            let mut seen = std::collections::HashMap::new();
            let mut forms = vec![(n * n - 1, "su"), (n * (n - 1) / 2, "sl")];
            forms.extend((1..=n / 2).map(|q| ((n - q) * (n - q) + q * q - 1, "su(p,q)")));
            if n % 2 == 0 {
                forms.push((n / 2 * (n + 1), "su*"));
            }
            for (k, what) in forms {
                assert_eq!(seen.insert(k, what), None, "n = {n}, k = {k}");
            }
        }
    }
}
