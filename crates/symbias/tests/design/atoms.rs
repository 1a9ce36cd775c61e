//! Gauges by atoms, given ones and the vertices of analysis norms, against closed forms of small polytopes.

use super::oracle::{Built, energy, file, judged, refusal};
use symbias_numerics::random::Stream;

fn text(driver: &str, n: usize, more: &str, target: &str, constants: &str) -> String {
    format!(
        "symbias = 1\ndriver = \"{driver}\"\naxes = {{ i = {n}{more} }}\ncomponents = {{ w = [\"i\"] }}\ntarget = \"{target}\"\n{constants}"
    )
}

/// Asserts that R is the least ½‖θ‖² of the model: no random θ is below it, the lift of random weights attains it, and a bias that is
/// 2 % smaller or larger is refuted.
fn has_gauge(
    built: &Built,
    n: usize,
    draw: &dyn Fn(&mut Stream) -> Vec<f64>,
    r: &dyn Fn(&[f64]) -> f64,
) {
    let mut stream = Stream::new(11, 0, 5);
    for _ in 0..1000 {
        let theta: Vec<f64> = (0..built.program.parameters())
            .map(|_| 2.0 * stream.next_uniform() - 1.0)
            .collect();
        assert!(r(&built.value(&theta)) <= energy(&theta) * (1.0 + 1e-12));
    }
    for _ in 0..30 {
        let w = draw(&mut stream);
        let theta = built.lift("w", &[n], &w, 0.0);
        let off = (energy(&theta) - r(&w)).abs() / r(&w).max(1.0);
        assert!(off < 1e-10, "the lift has another norm, by {off:e}");
        assert!((energy(&theta) - 1.02 * r(&w)).abs() > 1e-3 * r(&w));
        assert!((energy(&theta) - 0.98 * r(&w)).abs() > 1e-3 * r(&w));
    }
}

fn normal(n: usize) -> impl Fn(&mut Stream) -> Vec<f64> {
    move |stream| (0..n).map(|_| 3.0 * stream.next_normal()).collect()
}

/// Columns (±1, ±1), one of each pair: the hull of the four is a square, with the gauge max|w_i|.
const SQUARE: &str =
    "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, 1.0], [1.0, -1.0]] }\n";
/// (1, 0), (0, 1), (−1, −1): a triangle around 0.
const TRIANGLE: &str =
    "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]] }\n";

#[test]
fn given_atoms_have_the_gauge_of_their_hull() {
    let built = Built::new(file(&text(
        "decay",
        2,
        ", k = 2",
        "0.5*atomic[i,k](w[i], A[i,k])",
        SQUARE,
    )));
    assert!(built.design.holds());
    has_gauge(&built, 2, &normal(2), &|w| 0.5 * w[0].abs().max(w[1].abs()));
    // Not symmetric: y = (w₀ + t, w₁ + t, t) with the least t ≥ 0 that has no negative entry.
    let triangle = |w: &[f64]| {
        let t = (-w[0]).max(-w[1]).max(0.0);
        w[0] + w[1] + 3.0 * t
    };
    let gauge = |target: &str| Built::new(file(&text("decay", 2, ", k = 3", target, TRIANGLE)));
    let built = gauge("gauge[i,k](w[i], A[i,k])");
    assert!(built.design.holds() && built.design.answer.warnings.is_empty());
    assert_eq!(built.program.parameters(), 3);
    has_gauge(&built, 2, &normal(2), &triangle);
    // A negative multiple turns the hull, and the twin: the hull that is not turned.
    let built = gauge("2*gauge[i,k]((0-3)*w[i], A[i,k])");
    has_gauge(&built, 2, &normal(2), &|w| 6.0 * triangle(&[-w[0], -w[1]]));
    let (below, off) = judged(&built, ("w", &[2]), &|w| 6.0 * triangle(w));
    assert!(below.max(off) > 1e-2);
    // Every root starts away from 0: a square that is 0 stays there.
    assert!(
        built
            .design
            .start
            .iter()
            .all(|a| a.2.iter().all(|x| *x > 1e-3))
    );
    assert!(built.design.answer.basin.text.contains("stays 0"));
}

/// Unit vectors alone: the gauge is Σ w on w ≥ 0, and infinite elsewhere, which the design says.
#[test]
fn weights_of_infinite_penalty_are_named() {
    let eye = "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, 0.0], [0.0, 1.0]] }\n";
    let built = Built::new(file(&text(
        "decay",
        2,
        ", k = 2",
        "gauge[i,k](w[i], A[i,k])",
        eye,
    )));
    assert!(built.design.holds());
    let said = &built.design.answer.warnings;
    assert!(
        said.iter()
            .any(|w| w.code == "infinite-penalty" && w.text.contains("< 0"))
    );
    has_gauge(
        &built,
        2,
        &|s| vec![s.next_uniform(), s.next_uniform()],
        &|w| w[0] + w[1],
    );
    let flat = "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, -2.0], [1.0, -2.0]] }\n";
    for word in ["gauge", "atomic"] {
        let said = refusal(&text(
            "decay",
            2,
            ", k = 2",
            &format!("{word}[i,k](w[i], A[i,k])"),
            flat,
        ));
        assert!(
            said.contains("span 1 of 2") && said.contains("infinite penalty"),
            "{said}"
        );
    }
    let zero = "[constants]\nA = { axes = [\"i\",\"k\"], values = [[1.0, 0.0], [0.0, 0.0]] }\n";
    assert!(
        refusal(&text(
            "decay",
            2,
            ", k = 2",
            "gauge[i,k](w[i], A[i,k])",
            zero
        ))
        .contains("atom 1")
    );
    for driver in ["flow", "isotropic", "horizontal", "slice"] {
        let said = refusal(&text(
            driver,
            2,
            ", k = 2",
            "atomic[i,k](w[i], A[i,k])",
            SQUARE,
        ));
        assert!(said.contains("driver = \"decay\""), "{driver}: {said}");
    }
}

/// The fused lasso of a ring and of a star, which are no chains, by vertices.
#[test]
fn analysis_norms_are_built_of_vertices() {
    let ring = "0.3*sum[i](abs(w[i])) + sum[j](abs(w[j+1] - w[j])) + 2*abs(w[0] - w[3])";
    let built = Built::new(file(&text("decay", 4, ", j = 3", ring, "")));
    assert!(built.design.holds());
    // Arcs of a ring of four.
    assert_eq!(built.program.parameters(), 2 * 13);
    let r = |w: &[f64]| {
        let chain: f64 = w.windows(2).map(|p| (p[1] - p[0]).abs()).sum();
        0.3 * w.iter().map(|x| x.abs()).sum::<f64>() + chain + 2.0 * (w[0] - w[3]).abs()
    };
    has_gauge(&built, 4, &normal(4), &r);
    // The twin: the chain without the edge that closes it.
    let (below, off) = judged(&built, ("w", &[4]), &|w| r(w) - 2.0 * (w[0] - w[3]).abs());
    assert!(below.max(off) > 1e-2);
    // Five combinations of three entries by a constant.
    let omega = "[constants]\nO = { axes = [\"k\",\"i\"], values = [[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [1.0, 0.0, 3.0], [1.0, 1.0, 1.0], [2.0, -1.0, 0.5]] }\n";
    let built = Built::new(file(&text(
        "decay",
        3,
        ", k = 5",
        "sum[k](abs(O[k,i]*w[i]))",
        omega,
    )));
    let rows = [
        [1.0, 2.0, 0.0],
        [0.0, 1.0, -1.0],
        [1.0, 0.0, 3.0],
        [1.0, 1.0, 1.0],
        [2.0, -1.0, 0.5],
    ];
    has_gauge(&built, 3, &normal(3), &|w| {
        let along = |o: &[f64; 3]| o.iter().zip(w).map(|(o, w)| o * w).sum::<f64>().abs();
        rows.iter().map(along).sum()
    });
}

#[test]
fn chains_lift_to_the_least_target() {
    let chain = "0.5*sum[i](abs(w[i])) + 2*sum[j](abs(w[j+1] - w[j]))";
    let built = Built::new(file(&text("decay", 6, ", j = 5", chain, "")));
    has_gauge(&built, 6, &normal(6), &|w| {
        0.5 * w.iter().map(|x| x.abs()).sum::<f64>()
            + 2.0 * w.windows(2).map(|p| (p[1] - p[0]).abs()).sum::<f64>()
    });
}

#[test]
fn analysis_that_cannot_be_built_is_refused() {
    let free = "sum[j](abs(w[j+1] - w[j])) + abs(w[0] - w[3])";
    let said = refusal(&text("decay", 4, ", j = 3", free, ""));
    assert!(
        said.contains("free") || said.contains("no penalty"),
        "{said}"
    );
    let few = refusal(&text(
        "decay",
        4,
        ", j = 2",
        "sum[j](abs(w[j+1] - w[j]))",
        "",
    ));
    assert!(few.contains("without any penalty"), "{few}");
    // Forty rows in general position of twelve entries: C(40, 11) pairs of vertices.
    let omega = "[constants]\nO = { axes = [\"k\",\"i\"], law = \"normal\", seed = 1 }\n";
    let said = refusal(&text(
        "decay",
        12,
        ", k = 40",
        "sum[k](abs(O[k,i]*w[i]))",
        omega,
    ));
    assert!(said.contains("more than 100000 vertices"), "{said}");
    let said = refusal(&text(
        "decay",
        500,
        ", j = 499",
        "sum[i](abs(w[i])) + sum[j](abs(w[j+1] - w[j]))",
        "",
    ));
    assert!(said.contains("250500 vertices"), "{said}");
    let odd = refusal(&text(
        "decay",
        4,
        ", j = 3",
        "sum[i](abs(w[i])) + sum[j](sqrt(abs(w[j+1] - w[j])))",
        "",
    ));
    assert!(odd.contains("absolute value"), "{odd}");
}
