//! The bound that a [`Measured`] number carries, against its true error in 31 digits.

use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, Measured, Scalar, ScalarProgram};
use symbias_numerics::extended::Extended;
use symbias_numerics::random::Stream;

fn model(expression: &str) -> Model {
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ i = 3, j = 4, k = \"j\" }}\nprogram = '''\ny[i,j] = {expression} + 0 * a[i,j] + 0 * b[j] + 0 * c[j,k] * x[k]\n'''\n\
         parameters = {{ a = [\"i\",\"j\"], b = [\"j\"], c = [\"j\",\"k\"] }}\ninputs = {{ x = [\"k\"] }}\n"
    );
    SourceFile::parse(&text, None)
        .and_then(|s| s.check(Copies::All))
        .unwrap_or_else(|e| panic!("{expression}: {e}"))
}

fn program(expression: &str) -> ScalarProgram {
    let model = model(expression);
    let arrays = Arrays::new(&model, &Default::default()).expect("no constants");
    ScalarProgram::lower(&model, &arrays).expect("a scalar program")
}

/// Expressions of random shape: functions of functions of sums, products, quotients and contractions.
fn expression(stream: &mut Stream, depth: u32) -> String {
    const LEAVES: &[&str] = &[
        "a[i,j]",
        "b[j]",
        "0.7",
        "sum[k](c[j,k] * x[k])",
        "sum[k](a[i,k] * c[j,k])",
    ];
    if depth == 0 {
        return LEAVES[stream.next_below(LEAVES.len() as u64) as usize].to_string();
    }
    let first = expression(stream, depth - 1);
    match stream.next_below(23) {
        0 => format!("relu({first})"),
        1 => format!("leaky_relu({first}, 0.3)"),
        2 => format!("abs({first})"),
        3 => format!("square({first})"),
        4 => format!("({first})^3"),
        5 => format!("1 / (0.3 + ({first})^2)"),
        6 => format!("exp(0.3 * {first})"),
        7 => format!("log(({first})^2)"),
        8 => format!("sqrt(({first})^2 + 0.1)"),
        9 => format!("tanh({first})"),
        10 => format!("sigmoid({first})"),
        11 => format!("gelu({first})"),
        12 => format!("gelu_tanh({first})"),
        13 => format!("silu({first})"),
        14 => format!("sin({first})"),
        15 => format!("cos({first})"),
        16 => format!("softmax[j]({first} + 0 * a[i,j])"),
        17 => format!("normalize[j]({first} + 0 * a[i,j])"),
        18 => format!("layernorm[j]({first} + a[i,j])"),
        19 => format!("(({first})^2 + 0.2)^0.7"),
        20 => format!("({first} + {})", expression(stream, depth - 1)),
        21 => format!("({first} - {})", expression(stream, depth - 1)),
        _ => format!("({first}) * ({})", expression(stream, depth - 1)),
    }
}

/// Values and Jacobians of one point in three number types.
struct Compared {
    plain: Vec<f64>,
    measured: Vec<Measured>,
    extended: Vec<Extended>,
}

fn everything<S: Scalar>(program: &ScalarProgram, theta: &[S], x: &[S]) -> Vec<S> {
    let mut all = program.value(theta, x).expect("a value");
    all.extend(program.jacobian(theta, x).expect("a Jacobian").concat());
    all
}

fn compare(program: &ScalarProgram, seed: u64, scale: f64) -> Compared {
    let mut stream = Stream::new(seed, 3, 9);
    let mut draw = |n| -> Vec<f64> { (0..n).map(|_| scale * stream.next_normal()).collect() };
    let (theta, x) = (draw(program.parameters()), draw(program.inputs()));
    let measured = |v: &[f64]| -> Vec<Measured> { v.iter().map(|&x| Measured::exact(x)).collect() };
    let extended = |v: &[f64]| -> Vec<Extended> { v.iter().map(|&x| Extended::from(x)).collect() };
    Compared {
        plain: everything(program, &theta, &x),
        measured: everything(program, &measured(&theta), &measured(&x)),
        extended: everything(program, &extended(&theta), &extended(&x)),
    }
}

/// (true error, bound) of every finite number.
fn errors(compared: &Compared) -> Vec<(f64, f64)> {
    let Compared {
        plain,
        measured,
        extended,
    } = compared;
    let mut found = Vec::new();
    for ((plain, measured), extended) in plain.iter().zip(measured).zip(extended) {
        assert!(
            plain.to_bits() == measured.value().to_bits() || plain.is_nan(),
            "the value is that of f64"
        );
        if plain.is_finite() && extended.is_finite() {
            let error = (*extended - Extended::from(*plain)).high().abs();
            found.push((error, measured.error()));
        }
    }
    found
}

#[test]
fn true_errors_are_below_the_bound_and_not_far_below() {
    let mut stream = Stream::new(11, 0, 0);
    let (mut ratios, mut zeros, mut unbounded) = (Vec::new(), 0, 0);
    for number in 0..400 {
        let text = expression(&mut stream, 1 + number % 4);
        let program = program(&text);
        for (seed, scale) in [(1, 1.0), (2, 0.01), (3, 8.0)] {
            for (error, bound) in errors(&compare(&program, seed, scale)) {
                // The digits of the oracle end, too.
                let oracle = 1e-10 * bound;
                assert!(
                    error <= bound + oracle,
                    "{text}: error {error:e} above {bound:e}"
                );
                match bound {
                    0.0 => zeros += 1,
                    f64::INFINITY => unbounded += 1,
                    _ if error > 0.0 => ratios.push(bound / error),
                    _ => {}
                }
            }
        }
    }
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len();
    let (median, most) = (ratios[count / 2], ratios[count * 19 / 20]);
    println!(
        "{count} numbers, bound/error: median {median:.1}, 95 % {most:.0}; {zeros} exact, {unbounded} without bound"
    );
    assert!(count > 20_000 && median < 25.0 && most < 2e4);
    assert!(unbounded * 200 < count);
}

/// What depends on w by rounding alone has derivatives within their error of zero, and the twin that depends has not.
#[test]
fn a_constant_has_a_jacobian_within_its_error() {
    let inside = |text: &str| -> Vec<bool> {
        let program = program(text);
        let compared = compare(&program, 5, 1.0);
        let jacobian = &compared.measured[program.outputs()..];
        assert!(jacobian.iter().all(|x| x.error() < 1e-12), "{text}");
        jacobian
            .iter()
            .filter(|x| x.value() != 0.0)
            .map(|x| x.value().abs() <= x.error())
            .collect()
    };
    for constant in [
        "norm[k](normalize[k](a[i,k])) * x[j]",
        "sum[k](softmax[k](a[i,k])) * x[j]",
        "(cos(a[i,j])^2 + sin(a[i,j])^2) * x[j]",
        "(sigmoid(a[i,j]) + sigmoid(-a[i,j])) * x[j]",
        "(gelu(a[i,j]) - gelu(-a[i,j]) - a[i,j]) * x[j]",
        "(gelu_tanh(a[i,j]) - gelu_tanh(-a[i,j]) - a[i,j]) * x[j]",
        "(silu(a[i,j]) - silu(-a[i,j]) - a[i,j]) * x[j]",
        "exp(log(abs(a[i,j]))) / abs(a[i,j]) * x[j]",
        "mean[k](layernorm[k](a[i,k])) * x[j]",
        "(tanh(2*a[i,j]) - 2*tanh(a[i,j]) / (1 + tanh(a[i,j])^2)) * x[j]",
    ] {
        let found = inside(&constant.replace("x[j]", "b[j]").replace("* b[j]", "* 3"));
        assert!(found.iter().all(|inside| *inside), "{constant}");
    }
    let twin = inside("norm[k](normalize[k](a[i,k]) + 0.001) * 3");
    assert!(twin.iter().any(|inside| !inside));
}

#[test]
fn what_is_represented_is_exact() {
    let number = Measured::exact;
    assert_eq!(number(3.0).plus(&number(0.5)).error(), 0.0);
    assert_eq!(number(3.0).times(&number(0.5)).error(), 0.0);
    assert_eq!(number(8.0).inverse().expect("not zero").error(), 0.0);
    assert_eq!(number(0.0).times(&number(0.3)).error(), 0.0);
    let third = number(3.0).inverse().expect("not zero");
    assert!(third.error() > 0.0 && third.error() < 1e-16);
    let unsure = Measured::with_error(1e-17, 1e-16);
    let relu = symbias_model::expression::Function::Relu;
    let slope = unsure.slope(relu, &unsure.apply(relu).expect("real"));
    assert_eq!(slope.map(|s| s.error() >= 1.0), Some(true));
    let sure = number(1e-17).slope(relu, &number(1e-17));
    assert_eq!(sure.map(|s| s.error()), Some(0.0));
}
