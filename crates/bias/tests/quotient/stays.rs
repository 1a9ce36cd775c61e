//! What is no process of its own is refused, with the reason.

use super::common::{flat, gram, model, normals, process, product, section, written};
use symbias_bias::quotient::{Gradient, Quotient, Section};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::noise::Noise;
use symbias_model::Model;

const HORIZONTAL: Noise = Noise::Horizontal(0.5);
const ISOTROPIC: Noise = Noise::Isotropic(0.5);
const PREDICTOR: Noise = Noise::Predictor(0.5);

fn verdict(model: &Model, noise: Noise) -> String {
    match process(model, section(model, 3), noise, flat) {
        Ok(_) => "stays".into(),
        Err(e) => e.message().to_owned(),
    }
}

fn groups(size: usize) -> Model {
    written(&format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ g = 2, i = {size} }}\nprogram = \"y = s[g] * v[g,i] * x[g,i]\"\n\
         parameters = {{ s = [\"g\"], v = [\"g\",\"i\"] }}\ninputs = {{ x = [\"g\",\"i\"] }}\n"
    ))
}

/// W = PQ, P m×r, Q r×n.
fn pair(m: usize, n: usize, r: usize) -> Model {
    written(&format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ i = {m}, j = {n}, k = {r} }}\nprogram = \"w[i,j] = P[i,k] * Q[k,j]\"\n\
         parameters = {{ P = [\"i\",\"k\"], Q = [\"k\",\"j\"] }}\n"
    ))
}

/// Theory §5.3 and §3.4: for horizontal noise the charge of a group of size k drifts by (k−1)T, for predictor noise its
/// leaf is k s² = ‖v‖²; for W = PQ, C = s²JᵀJ, PᵀP − QQᵀ is driven by m QQᵀ − n PᵀP.
#[test]
fn leaves_that_do_not_stay() {
    for noise in [HORIZONTAL, PREDICTOR] {
        assert_eq!(verdict(&groups(1), noise), "stays");
        for size in [2, 3] {
            let found = verdict(&groups(size), noise);
            assert!(
                found.contains("does not stay") && found.contains("drifts"),
                "{found}"
            );
        }
        assert_eq!(verdict(&product(4), noise), "stays");
        assert_eq!(verdict(&pair(3, 3, 3), noise), "stays");
        assert!(verdict(&pair(3, 2, 2), noise).contains("does not stay"));
        assert!(verdict(&model("shallow_relu"), noise).contains("does not stay"));
    }
}

/// A chain W = CBA of square matrices does not stay for D ≥ 3 and n ≥ 2: along u_i v_j horizontal vectors have the shares
/// s_i^{4/3}, s_i^{2/3} s_j^{2/3}, s_j^{4/3} (over their sum) in the three factors, and the middle one has less of tr P_H
/// than the others unless s_i = s_j. For numbers (n = 1) all are equal.
#[test]
fn longer_chains_do_not_stay() {
    let chain = |n: usize| {
        written(&format!(
            "symbias = 1\noutputs = [\"W\"]\naxes = {{ i = {n}, p = {n}, q = {n}, o = {n} }}\n\
             program = \"W[o,i] = C[o,q] * B[q,p] * A[p,i]\"\n\
             parameters = {{ A = [\"p\",\"i\"], B = [\"q\",\"p\"], C = [\"o\",\"q\"] }}\n"
        ))
    };
    assert_eq!(verdict(&chain(1), HORIZONTAL), "stays");
    assert!(verdict(&chain(2), HORIZONTAL).contains("does not stay"));
}

#[test]
fn isotropic_noise_needs_compact_orbits() {
    assert_eq!(verdict(&gram(2, 3), ISOTROPIC), "stays");
    assert_eq!(
        verdict(&model("phase_retrieval"), Noise::Isotropic(0.1)),
        "stays"
    );
    assert!(verdict(&product(2), ISOTROPIC).contains("not compact"));
    assert!(verdict(&pair(2, 2, 2), ISOTROPIC).contains("not compact"));
}

#[test]
fn charged_leaves_flow_and_do_not_diffuse() {
    let model = product(2);
    let found = factors(&model);
    let of = |noise| {
        let section = Section::charged(&model, &found, &[1.4, 0.3]).expect("a section");
        let gradient: Gradient<'_> = Box::new(flat);
        Quotient::new(&model, &found, section, noise, gradient)
    };
    assert!(of(Noise::Horizontal(0.0)).is_ok());
    for noise in [HORIZONTAL, PREDICTOR] {
        let error = of(noise).map(|_| ()).expect_err("a charge that drifts");
        assert!(
            error.message().contains("does not stay"),
            "{}",
            error.message()
        );
    }
}

#[test]
fn strengths_are_numbers_from_zero() {
    let model = product(2);
    for noise in [
        Noise::Horizontal(-1.0),
        Noise::Predictor(f64::NAN),
        Noise::Isotropic(f64::INFINITY),
    ] {
        assert!(process(&model, section(&model, 3), noise, flat).is_err());
    }
}

/// Weight decay is horizontal where charges vanish, and a pull on one factor is not.
#[test]
fn the_gradient_must_be_horizontal() {
    let model = product(2);
    let decay = |theta: &[f64], into: &mut [f64]| into.copy_from_slice(theta);
    let skew = |theta: &[f64], into: &mut [f64]| (into[0], into[1]) = (theta[0], 0.0);
    assert!(process(&model, section(&model, 3), HORIZONTAL, decay).is_ok());
    let error = process(&model, section(&model, 3), HORIZONTAL, skew)
        .map(|_| ())
        .expect_err("a vertical gradient");
    assert!(
        error.message().contains("horizontal"),
        "{}",
        error.message()
    );
}

#[test]
fn starts_have_the_right_length() {
    let model = product(2);
    assert!(Section::balanced(&model, &factors(&model), &normals(1, 3)).is_err());
    assert!(Section::balanced(&model, &factors(&model), &[1.0, f64::NAN]).is_err());
}
