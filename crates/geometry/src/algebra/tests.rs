//! Explicit matrix bases of the classical algebras, recognised as they are, in random bases and
//! in sums.

use super::*;
use crate::field::AffineField;
use symbias_numerics::random::Stream;

type Dense = Vec<Vec<f64>>;

fn field(m: &Dense, offset: usize) -> AffineField {
    let mut linear = Vec::new();
    for (i, row) in m.iter().enumerate() {
        for (j, x) in row.iter().enumerate() {
            if *x != 0.0 {
                linear.push((i + offset, j + offset, *x));
            }
        }
    }
    AffineField {
        linear,
        constant: vec![],
    }
}

fn unit(n: usize, entries: &[(usize, usize, f64)]) -> Dense {
    let mut m = vec![vec![0.0; n]; n];
    for &(i, j, x) in entries {
        m[i][j] += x;
    }
    m
}

fn gl(n: usize) -> Vec<Dense> {
    (0..n * n)
        .map(|k| unit(n, &[(k / n, k % n, 1.0)]))
        .collect()
}

fn sl(n: usize) -> Vec<Dense> {
    let off = (0..n * n)
        .filter(|k| k / n != k % n)
        .map(|k| unit(n, &[(k / n, k % n, 1.0)]));
    off.chain((1..n).map(|i| unit(n, &[(i, i, 1.0), (i - 1, i - 1, -1.0)])))
        .collect()
}

/// {X : Xᵀ η + η X = 0}, η = diag(1^p, −1^q).
fn so(p: usize, q: usize) -> Vec<Dense> {
    let n = p + q;
    let eta = |i: usize| if i < p { 1.0 } else { -1.0 };
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| unit(n, &[(i, j, eta(i)), (j, i, -eta(j))]))
        .collect()
}

/// {(a b; c −aᵀ) : b, c symmetric}, 2n × 2n.
fn sp(n: usize) -> Vec<Dense> {
    let mut out = Vec::new();
    for i in 0..n {
        for j in 0..n {
            out.push(unit(2 * n, &[(i, j, 1.0), (n + j, n + i, -1.0)]));
            if i <= j {
                out.push(unit(2 * n, &[(i, n + j, 1.0), (j, n + i, 1.0)]));
                out.push(unit(2 * n, &[(n + i, j, 1.0), (n + j, i, 1.0)]));
            }
        }
    }
    out
}

/// The real 2n × 2n matrix of entries x + iy.
fn complex(n: usize, entries: &[(usize, usize, f64, f64)]) -> Dense {
    let mut m = unit(2 * n, &[]);
    for &(i, j, x, y) in entries {
        for (r, c, v) in [(0, 0, x), (1, 1, x), (0, 1, -y), (1, 0, y)] {
            m[2 * i + r][2 * j + c] += v;
        }
    }
    m
}

fn gl_complex(n: usize) -> Vec<Dense> {
    (0..n * n)
        .flat_map(|k| {
            [
                complex(n, &[(k / n, k % n, 1.0, 0.0)]),
                complex(n, &[(k / n, k % n, 0.0, 1.0)]),
            ]
        })
        .collect()
}

fn sl_complex(n: usize) -> Vec<Dense> {
    let off = (0..n * n)
        .filter(|k| k / n != k % n)
        .map(|k| vec![(k / n, k % n)]);
    let all = off.chain((1..n).map(|i| vec![(i, i), (i - 1, i - 1)]));
    let sign = |k: usize| if k == 0 { 1.0 } else { -1.0 };
    all.flat_map(|e| {
        let part = |x: f64, y: f64| {
            let entries: Vec<_> = e
                .iter()
                .enumerate()
                .map(|(k, p)| (p.0, p.1, x * sign(k), y * sign(k)))
                .collect();
            complex(n, &entries)
        };
        [part(1.0, 0.0), part(0.0, 1.0)]
    })
    .collect()
}

/// {X : X* η + η X = 0}, with the phase if `phase`.
fn unitary(p: usize, q: usize, phase: bool) -> Vec<Dense> {
    let n = p + q;
    let eta = |i: usize| if i < p { 1.0 } else { -1.0 };
    let mut out = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            out.push(complex(n, &[(i, j, eta(i), 0.0), (j, i, -eta(j), 0.0)]));
            out.push(complex(n, &[(i, j, 0.0, eta(i)), (j, i, 0.0, eta(j))]));
        }
        if i > 0 {
            out.push(complex(n, &[(i, i, 0.0, 1.0), (i - 1, i - 1, 0.0, -1.0)]));
        }
    }
    if phase {
        let all: Vec<_> = (0..n).map(|i| (i, i, 0.0, 1.0)).collect();
        out.push(complex(n, &all));
    }
    out
}

/// Block-diagonal sum.
fn sum(parts: &[Vec<Dense>]) -> Vec<AffineField> {
    let mut out = Vec::new();
    let mut offset = 0;
    for part in parts {
        out.extend(part.iter().map(|m| field(m, offset)));
        offset += part[0].len();
    }
    out
}

/// Random combinations, as many as there are fields.
fn mixed(fields: &[AffineField], seed: u64) -> Vec<AffineField> {
    let mut random = Stream::new(seed, 0, 0);
    (0..fields.len())
        .map(|_| {
            let mut out = AffineField::default();
            for f in fields {
                let w = random.next_normal();
                out.linear
                    .extend(f.linear.iter().map(|&(i, j, x)| (i, j, w * x)));
                out.constant
                    .extend(f.constant.iter().map(|&(i, x)| (i, w * x)));
            }
            out
        })
        .collect()
}

#[track_caller]
fn expect(fields: &[AffineField], name: &str, compact: usize) {
    for fields in [fields.to_vec(), mixed(fields, 7)] {
        let found = recognise(&fields, 1000).expect("recognised");
        assert_eq!(found.name, name);
        assert_eq!(found.dimension, fields.len());
        assert!(found.closed && !found.grew && found.reductive);
        assert_eq!(found.compact, compact, "compact dimension of {name}");
        let cartan = found.cartan.expect("fields were given");
        assert!(cartan.closed, "{name} is closed under transposition");
        assert_eq!(cartan.antisymmetric.cols, compact, "{name}");
        assert_eq!(cartan.symmetric.cols, fields.len() - compact, "{name}");
    }
}

#[test]
fn linear_algebras() {
    for n in 2..=8 {
        expect(&sum(&[gl(n)]), &format!("gl({n})"), n * (n - 1) / 2);
        expect(&sum(&[sl(n)]), &format!("sl({n})"), n * (n - 1) / 2);
    }
}

#[test]
fn orthogonal_algebras() {
    expect(&sum(&[so(2, 0)]), "so(2)", 1);
    expect(&sum(&[so(1, 1)]), "R", 0);
    expect(&sum(&[so(3, 0)]), "so(3)", 3);
    expect(&sum(&[so(4, 0)]), "so(3)^2", 6);
    for n in 5..=12 {
        expect(&sum(&[so(n, 0)]), &format!("so({n})"), n * (n - 1) / 2);
    }
    for (p, q, name) in [
        (2, 1, "sl(2)"),
        (3, 1, "sl(2,C)"),
        (2, 2, "sl(2)^2"),
        (4, 1, "so(4,1)"),
        (3, 2, "sp(4,R)"),
        (5, 1, "so(5,1)"),
        (4, 2, "su(2,2)"),
        (3, 3, "sl(4)"),
        (4, 3, "so(4,3)"),
        (5, 2, "so(5,2)"),
        (6, 1, "so(6,1)"),
        (4, 4, "so(4,4)"),
        (5, 3, "so(5,3)"),
        (5, 4, "so(5,4)"),
        (6, 5, "so(6,5)"),
    ] {
        expect(&sum(&[so(p, q)]), name, p * (p - 1) / 2 + q * (q - 1) / 2);
    }
}

#[test]
fn symplectic_algebras() {
    for n in 1..=6 {
        let name = if n == 1 {
            "sl(2)".into()
        } else {
            format!("sp({},R)", 2 * n)
        };
        expect(&sum(&[sp(n)]), &name, n * n);
    }
}

#[test]
fn unitary_and_complex_algebras() {
    for n in 2..=7 {
        let special = match n {
            2 => "so(3)".into(),
            4 => "so(6)".into(),
            n => format!("su({n})"),
        };
        expect(&sum(&[unitary(n, 0, false)]), &special, n * n - 1);
        expect(&sum(&[unitary(n, 0, true)]), &format!("u({n})"), n * n);
    }
    expect(&sum(&[unitary(2, 1, false)]), "su(2,1)", 4);
    expect(&sum(&[unitary(3, 1, false)]), "su(3,1)", 9);
    expect(&sum(&[unitary(3, 2, true)]), "so(2) + su(3,2)", 13);
    for n in 2..=4 {
        expect(&sum(&[gl_complex(n)]), &format!("gl({n},C)"), n * n);
        expect(&sum(&[sl_complex(n)]), &format!("sl({n},C)"), n * n - 1);
    }
}

#[test]
fn sums_in_random_bases() {
    expect(
        &sum(&[gl(4), gl(4), so(2, 0), so(2, 0), so(1, 1)]),
        "gl(4)^2 + so(2)^2 + R",
        14,
    );
    expect(&sum(&[so(3, 0), unitary(2, 0, true)]), "so(3) + u(2)", 7);
    expect(&sum(&[so(3, 0), so(2, 0)]), "so(2) + so(3)", 4);
    expect(
        &sum(&[sl_complex(2), so(5, 0), gl(3), sp(2)]),
        "gl(3) + sl(2,C) + so(5) + sp(4,R)",
        3 + 10 + 3 + 4,
    );
    let many: Vec<_> = (0..16).map(|_| gl(2)).collect();
    expect(&sum(&many), "gl(2)^16", 16);
    let circles: Vec<_> = (0..20).map(|_| so(2, 0)).collect();
    expect(&sum(&circles), "so(2)^20", 20);
    let lines: Vec<_> = (0..64).map(|_| so(1, 1)).collect();
    expect(&sum(&lines), "R^64", 0);
    expect(
        &sum(&[so(7, 0), so(4, 3), sp(3)]),
        "so(4,3) + so(7) + sp(6,R)",
        21 + 9 + 9,
    );
}

fn translation(i: usize) -> AffineField {
    AffineField {
        linear: vec![],
        constant: vec![(i, 1.0)],
    }
}

#[test]
fn translations_are_not_compact() {
    let mut fields = sum(&[gl(2), so(2, 0)]);
    fields.extend([translation(6), translation(7)]);
    let found = recognise(&mixed(&fields, 3), 100).expect("recognised");
    assert_eq!(found.name, "gl(2) + so(2) + R^2");
    assert_eq!(
        found.cartan.as_ref().map(|c| (c.translations, c.closed)),
        Some((2, true))
    );
}

#[test]
fn non_reductive_algebras() {
    // The affine group of the plane: gl(2) and its translations.
    let mut affine = sum(&[gl(2)]);
    affine.extend([translation(0), translation(1)]);
    // The Heisenberg algebra.
    let heisenberg = [
        unit(3, &[(0, 1, 1.0)]),
        unit(3, &[(1, 2, 1.0)]),
        unit(3, &[(0, 2, 1.0)]),
    ];
    // Upper triangular 2 × 2: R^2 acting on a line.
    let upper = [
        unit(2, &[(0, 0, 1.0)]),
        unit(2, &[(0, 1, 1.0)]),
        unit(2, &[(1, 1, 1.0)]),
    ];
    // Rotations and translations of space.
    let mut euclidean = sum(&[so(3, 0)]);
    euclidean.extend((0..3).map(translation));
    let cases = [
        (affine, "gl(2) + n(2)", 2),
        (sum(&[heisenberg.to_vec()]), "n(1) + R^2", 1),
        (sum(&[upper.to_vec()]), "n(1) + R^2", 1),
        (euclidean, "n(3) + so(3)", 3),
    ];
    for (fields, name, nilpotent) in cases {
        for fields in [fields.clone(), mixed(&fields, 11)] {
            let found = recognise(&fields, 100).expect("recognised");
            assert_eq!(found.name, name);
            assert!(!found.reductive && found.closed);
            assert_eq!(found.nilpotent, nilpotent);
        }
    }
}

#[test]
fn value_bias_is_not_closed_under_transposition() {
    // (b, o) → (b + c, o − W c): translation of θ₀ with a linear part.
    let shift = AffineField {
        linear: vec![(1, 2, -1.0)],
        constant: vec![(0, 1.0)],
    };
    let found = recognise(&[shift], 10).expect("recognised");
    assert_eq!(found.name, "R");
    assert_eq!(found.cartan.map(|c| c.closed), Some(false));
}

#[test]
fn structure_constants_alone_suffice() {
    let fields = mixed(&sum(&[sl(3), so(5, 0)]), 5);
    let (span, _, closed, brackets) = super::span::close(&fields, 100);
    assert!(closed);
    let constants = StructureConstants::from_brackets(span.dim(), &brackets);
    assert!(constants.jacobi_residual() < 1e-10);
    let found = recognise_constants(&constants).expect("recognised");
    assert_eq!(found.name, "sl(3) + so(5)");
    assert_eq!(found.killing, (13, 0, 5));
}

#[test]
fn a_perturbed_field_is_not_recognised_as_closed() {
    let mut fields = sum(&[gl(3)]);
    fields[4].linear.push((7, 2, 1e-3));
    let found = recognise(&fields, 9).expect("analysed");
    assert!(!found.closed || found.name != "gl(3)");
}
