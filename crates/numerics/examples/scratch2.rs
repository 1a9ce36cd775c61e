//! scratch
use std::io::Write;
use symbias_numerics::{
    lanes::{self, Elementary, Real},
    random::Stream,
};
fn points<T: Real>(f: Elementary, n: usize) -> Vec<T> {
    let s = Stream::new(77, f as u64, 0);
    let f64_ = T::NAME == "f64";
    (0..n as u64)
        .map(|i| {
            let u = s.uniform_at(2 * i);
            let v = s.uniform_at(2 * i + 1);
            let sign = if v < 0.5 { -1.0 } else { 1.0 };
            let log_range = |lo: f64, hi: f64| (lo.ln() + u * (hi.ln() - lo.ln())).exp();
            let x = match f {
                Elementary::Exp => {
                    if i % 2 == 0 {
                        (u - 0.5) * 4.0
                    } else if f64_ {
                        -740.0 + u * 1449.0
                    } else {
                        -100.0 + u * 188.0
                    }
                }
                Elementary::Log => {
                    if i % 2 == 0 {
                        0.3 + 2.0 * u
                    } else if f64_ {
                        log_range(1e-320, 1e308)
                    } else {
                        log_range(1e-44, 1e38)
                    }
                }
                Elementary::Tanh | Elementary::Erf => {
                    sign * if i % 2 == 0 {
                        4.0 * u
                    } else {
                        log_range(1e-10, 30.0)
                    }
                }
                Elementary::Sigmoid => {
                    if i % 2 == 0 {
                        (u - 0.5) * 10.0
                    } else {
                        (u - 0.5) * 170.0
                    }
                }
                _ => {
                    sign * match i % 3 {
                        0 => 10.0 * u,
                        1 => log_range(1e-8, if f64_ { 1e12 } else { 6.5e4 }),
                        _ => (v * 1e4).round() * std::f64::consts::FRAC_PI_2,
                    }
                }
            };
            T::from_f64(x)
        })
        .collect()
}
fn dump<T: Real>(n: usize) {
    let level = lanes::level();
    for f in Elementary::ALL {
        if f == Elementary::Sqrt {
            continue;
        }
        let x: Vec<T> = points(f, n);
        let mut y = x.clone();
        f.apply_at(level, &mut y);
        let mut o = std::io::BufWriter::new(
            std::fs::File::create(format!("/tmp/gen/out/{f:?}_{}.txt", T::NAME)).unwrap(),
        );
        for (x, y) in x.iter().zip(&y) {
            writeln!(
                o,
                "{:016x} {:016x}",
                x.to_f64().to_bits(),
                y.to_f64().to_bits()
            )
            .unwrap();
        }
    }
}
fn main() {
    let n = 40000;
    dump::<f64>(n);
    dump::<f32>(n);
}
