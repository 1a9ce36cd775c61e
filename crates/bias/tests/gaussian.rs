//! Isotropic noise with decay: the law of F(θ), θ normal, against densities integrated over one factor, in several spellings.

use symbias_bias::noise::{Temper, isotropic};
use symbias_bias::{Existence, Ground, Potential};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::probe::Probes;
use symbias_model::language::{Copies, SourceFile};

/// τ = 2.
fn at(axes: &str, parameters: &str, program: &str, theta: &[f64]) -> Potential {
    let text = format!(
        "symbias = 1\noutputs = [\"w\"]\naxes = {{ {axes} }}\nprogram = \"{program}\"\nparameters = {{ {parameters} }}"
    );
    let source = SourceFile::parse(&text, None).expect("a file");
    let model = source.check(Copies::All).expect("a model");
    let found = factors(&model);
    let probes = Probes::new(&model, &Default::default(), None, 0).expect("probes");
    let ground = Ground::new(&model, &found, &probes, false, 0);
    let temper = Temper::new(1.0, 0.5).expect("positive numbers");
    isotropic(&ground, None, theta, temper).expect("a law")
}

/// R at a first point less R at a second one.
fn difference(axes: &str, parameters: &str, program: &str, at_two: [&[f64]; 2]) -> f64 {
    let [a, b] = at_two.map(|theta| {
        let found = at(axes, parameters, program, theta);
        assert_eq!(found.existence(), Existence::Exists, "{found:?}");
        assert_eq!(found.value, found.by_formula);
        found.value.expect("a value")
    });
    a - b
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-8, "{a} and {b}");
}

/// −log of ∫ N(w; 0, τ|q|²) dN(q) at |w| = 1 less that at 2.5, by adaptive quadrature over |q|.
const PRODUCT: f64 = -1.133_404_826_221_075_6;
const TWO_PRODUCTS: f64 = -0.75;
const MATRIX: f64 = -0.75;
const GROUP: f64 = -2.331_956_710_986_850_6;

#[test]
fn products_in_every_spelling_have_one_law() {
    let pair = [&[1.0, 1.0][..], &[2.5, 1.0]];
    near(difference("", "u = [], v = []", "w = u*v", pair), PRODUCT);
    let turned = [&[1.5, 0.5][..], &[2.25, 0.25]];
    near(
        difference("", "a = [], b = []", "w = (a^2 - b^2)/2", turned),
        PRODUCT,
    );
    let two = [&[0.5, 2.0, 0.0, 3.0][..], &[0.5, 1.0, 2.0, 1.0]];
    let names = "u = [], v = [], z = [], t = []";
    near(difference("", names, "w = u*v + z*t", two), TWO_PRODUCTS);
    let dot = [&[0.5, 0.0, 2.0, 3.0][..], &[0.5, 2.0, 1.0, 1.0]];
    near(
        difference("k = 2", "p = [\"k\"], q = [\"k\"]", "w = p[k]*q[k]", dot),
        TWO_PRODUCTS,
    );
}

#[test]
fn vectors_have_the_law_of_their_norm() {
    let theta = |size: f64| [size, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let (one, two) = (theta(1.0), theta(2.5));
    let product = (
        "n = 2, r = 3",
        "P = [\"n\", \"r\"], q = [\"r\"]",
        "w[n] = P[n,r]*q[r]",
    );
    near(
        difference(product.0, product.1, product.2, [&one, &two]),
        MATRIX,
    );
    let group = [&[2.0, 0.5, 0.0, 0.0][..], &[1.0, 0.0, 1.5, 2.0]];
    near(
        difference("i = 3", "s = [], v = [\"i\"]", "w[i] = s*v[i]", group),
        GROUP,
    );
    // Half a sum of two squares is Gamma(1, τ), which is e^{−w/τ}.
    let squares = [&[1.0, 1.0][..], &[2.0, 1.0]];
    near(
        difference("", "u = [], v = []", "w = (u^2 + v^2)/2", squares),
        (1.0 - 2.5) / 2.0,
    );
}

/// The twin: another spectrum has another law, and none is said.
#[test]
fn unequal_factors_have_no_closed_form() {
    let found = at("", "u = [], v = []", "w = u^2 - 2*v^2", &[1.0, 0.5]);
    assert_eq!(found.value, None);
    assert_eq!(found.formula, None);
    assert_eq!(found.existence(), Existence::Exists);
}
