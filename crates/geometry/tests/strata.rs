//! Singular strata of balanced leaves against exponents that are known by hand (theory §5.2), in more than one spelling.

use symbias_geometry::discover::structural::factors;
use symbias_geometry::strata::{Strata, strata};
use symbias_geometry::structure::orthonormal;
use symbias_model::language::{Copies, SourceFile};

fn of(text: &str) -> Strata {
    let source = SourceFile::parse(text, None).expect("a model");
    let model = source.check(Copies::All).expect("a model");
    let split = orthonormal(&model, &factors(&model));
    let found = strata(&split, model.space().dim()).expect("ranks");
    found.expect("linear fields of moderate size")
}

/// The least mass exponents on the slice and of horizontal noise.
fn worst(found: &Strata) -> (f64, f64) {
    assert!(found.all, "{found:?}");
    let least = |a, b| found.worst(a, b).expect("an apex").mass_exponent(a, b);
    (least(1.0, 0.0), least(0.0, 1.0))
}

/// W = W_D … W_1 with these sizes from input to output.
fn chain(sizes: &[usize]) -> String {
    let letters = ["a", "b", "c", "e", "g"];
    let names = ["P", "Q", "R", "S"];
    let (mut axes, mut factors, mut parameters) = (vec![], vec![], vec![]);
    for (letter, n) in letters.iter().zip(sizes) {
        axes.push(format!("{letter} = {n}"));
    }
    for k in 0..sizes.len() - 1 {
        let (from, to) = (letters[k], letters[k + 1]);
        factors.push(format!("{}[{from},{to}]", names[k]));
        parameters.push(format!("{} = [\"{from}\", \"{to}\"]", names[k]));
    }
    format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {} }}\nprogram = \"y[a,{}] = {}\"\nparameters = {{ {} }}",
        axes.join(", "),
        letters[sizes.len() - 1],
        factors.join(" * "),
        parameters.join(", ")
    )
}

#[test]
fn a_pair_of_scalars_diverges_by_a_logarithm_and_a_group_does_not() {
    let pair = "symbias = 1\noutputs = [\"w\"]\naxes = { i = 4 }\nprogram = \"w[i] = u[i]*v[i]\"\nparameters = { u = [\"i\"], v = [\"i\"] }";
    assert_eq!(worst(&of(pair)), (0.0, 1.0));
    let group = "symbias = 1\noutputs = [\"w\"]\naxes = { g = 2, i = 3 }\nprogram = \"w[g,i] = s[g]*v[g,i]\"\nparameters = { s = [\"g\"], v = [\"g\", \"i\"] }";
    assert_eq!(worst(&of(group)), (2.0, 3.0));
    let three = "symbias = 1\noutputs = [\"w\"]\naxes = { i = 4 }\nprogram = \"w[i] = u[i]*v[i]*z[i]\"\nparameters = { u = [\"i\"], v = [\"i\"], z = [\"i\"] }";
    assert_eq!(worst(&of(three)), (-1.0, 1.0));
}

/// k singular values that vanish together have the mass exponent k(d + 2 − D) + k(k − 1) in s^{1/D}, on the slice.
#[test]
fn chains_of_matrices_have_the_exponents_of_the_theory() {
    let shapes: &[&[usize]] = &[
        &[2, 2, 2],
        &[2, 3, 2],
        &[3, 2, 2],
        &[3, 2, 4],
        &[4, 2, 2],
        &[3, 3, 3],
        &[2, 5, 3],
        &[2, 2, 2, 2],
        &[4, 2, 2, 2],
        &[2, 2, 3, 4],
        &[5, 2, 2, 3],
        &[1, 2, 2, 1],
        &[2, 2, 2, 2, 2],
    ];
    for sizes in shapes {
        let q = *sizes.iter().min().expect("sizes") as f64;
        let depth = (sizes.len() - 1) as f64;
        let d = (sizes[0] + sizes[sizes.len() - 1]) as f64 - 2.0 * q;
        let exponents = (1..=q as usize).map(|k| {
            let k = k as f64;
            k * (d + 2.0 - depth) + k * (k - 1.0)
        });
        let least = exponents.fold(f64::INFINITY, f64::min);
        let found = of(&chain(sizes));
        assert_eq!(worst(&found).0, least, "{sizes:?}: {found:?}");
    }
}

#[test]
fn spelling_does_not_matter() {
    // u v turned by 45 degrees, of which no rule says anything: the fields are given.
    use symbias_geometry::AffineField;
    use symbias_geometry::factor::Split;
    let field = |entries: &[(usize, usize, f64)]| AffineField {
        linear: entries.to_vec(),
        constant: vec![],
    };
    let split = |symmetric| Split {
        symmetric,
        antisymmetric: vec![],
        neither: vec![],
    };
    let turned = split(vec![field(&[(0, 1, 1.0), (1, 0, 1.0)])]);
    let found = strata(&turned, 2).expect("ranks").expect("a size");
    assert_eq!(worst(&found), (0.0, 1.0));
    // A third coordinate that nothing moves leaves the stratum a line, wherever it is turned to.
    let (a, b) = (0.6, 0.8);
    let beside = split(vec![field(&[
        (0, 0, 1.0),
        (1, 1, -a * a),
        (1, 2, -a * b),
        (2, 1, -a * b),
        (2, 2, -b * b),
    ])]);
    let found = strata(&beside, 3).expect("ranks").expect("a size");
    assert_eq!(worst(&found), (0.0, 1.0));
    // Entries that numbers found carry rounding, and so do brackets that vanish.
    let rounded = split(vec![field(&[
        (0, 0, -0.359_999_999_999_999_04),
        (0, 1, 0.48),
        (1, 0, 0.480_000_000_000_000_5),
        (1, 1, -0.64),
        (2, 2, 1.0),
    ])]);
    let found = strata(&rounded, 3).expect("ranks").expect("a size");
    assert_eq!(worst(&found), (0.0, 1.0));
    // The twin: a third coordinate that the field scales too makes it a group.
    let group = split(vec![field(&[(0, 0, 1.0), (1, 1, -1.0), (2, 2, -1.0)])]);
    let found = strata(&group, 3).expect("ranks").expect("a size");
    assert_eq!(worst(&found), (1.0, 2.0));
}
