//! Numbers of twice the digits (a sum of two f64, some 31 digits), so that a rank that float64 leaves open is decided.
//!
//! Sources: Dekker, Numer. Math. 18 (1971); Hida, Li, Bailey, ARITH-15 (2001).

use symbias_model::expression::Function;
use symbias_model::scalar::Scalar;

/// hi + lo, |lo| at most half a unit of hi's last place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Double {
    hi: f64,
    lo: f64,
}

const LN_2: Double = Double {
    hi: std::f64::consts::LN_2,
    lo: 2.319_046_813_846_299_6e-17,
};
const TURN: Double = Double {
    hi: std::f64::consts::TAU,
    lo: 2.449_293_598_294_706_4e-16,
};
const TWO_OVER_ROOT_PI: Double = Double {
    hi: std::f64::consts::FRAC_2_SQRT_PI,
    lo: 1.533_545_961_316_588e-17,
};
const ROOT_HALF: Double = Double {
    hi: std::f64::consts::FRAC_1_SQRT_2,
    lo: -4.833_646_656_726_457e-17,
};

fn two_sum(a: f64, b: f64) -> Double {
    let s = a + b;
    let t = s - a;
    Double {
        hi: s,
        lo: (a - (s - t)) + (b - t),
    }
}

fn quick(a: f64, b: f64) -> Double {
    let s = a + b;
    Double {
        hi: s,
        lo: b - (s - a),
    }
}

fn halves(a: f64) -> (f64, f64) {
    let t = 134_217_729.0 * a;
    let high = t - (t - a);
    (high, a - high)
}

fn two_product(a: f64, b: f64) -> Double {
    let p = a * b;
    let ((ah, al), (bh, bl)) = (halves(a), halves(b));
    Double {
        hi: p,
        lo: ((ah * bh - p) + ah * bl + al * bh) + al * bl,
    }
}

impl Double {
    pub const ZERO: Double = Double::of(0.0);

    pub const fn of(value: f64) -> Double {
        Double { hi: value, lo: 0.0 }
    }

    pub fn value(self) -> f64 {
        self.hi
    }

    pub fn is_finite(self) -> bool {
        self.hi.is_finite() && self.lo.is_finite()
    }

    pub fn add(self, other: Double) -> Double {
        let s = two_sum(self.hi, other.hi);
        let t = two_sum(self.lo, other.lo);
        let s = quick(s.hi, s.lo + t.hi);
        quick(s.hi, s.lo + t.lo)
    }

    pub fn negative(self) -> Double {
        Double {
            hi: -self.hi,
            lo: -self.lo,
        }
    }

    pub fn subtract(self, other: Double) -> Double {
        self.add(other.negative())
    }

    pub fn multiply(self, other: Double) -> Double {
        let p = two_product(self.hi, other.hi);
        quick(p.hi, p.lo + self.hi * other.lo + self.lo * other.hi)
    }

    pub fn divide(self, other: Double) -> Double {
        let first = self.hi / other.hi;
        let rest = self.subtract(other.multiply(Double::of(first)));
        let second = rest.hi / other.hi;
        let rest = rest.subtract(other.multiply(Double::of(second)));
        quick(first, second).add(Double::of(rest.hi / other.hi))
    }

    fn scaled(self, by: f64) -> Double {
        // By a power of two: exact.
        Double {
            hi: self.hi * by,
            lo: self.lo * by,
        }
    }

    /// Σ from the term `first` on, each the one before times what `next` says, until nothing is added.
    fn series(first: Double, next: impl Fn(u32) -> Double) -> Double {
        let (mut sum, mut term) = (first, first);
        for k in 1..400 {
            term = term.multiply(next(k));
            sum = sum.add(term);
            if term.hi.abs() < 1e-34 * sum.hi.abs() || term.hi == 0.0 {
                break;
            }
        }
        sum
    }

    /// eˣ − 1, without cancellation near 0.
    fn exp_less_one(self) -> Double {
        if self.hi.abs() < 0.35 {
            return Double::series(self, |k| self.divide(Double::of(f64::from(k + 1))));
        }
        self.exp().subtract(Double::of(1.0))
    }

    fn exp(self) -> Double {
        if self.hi > 700.0 {
            return Double::of(f64::INFINITY);
        }
        if self.hi < -700.0 {
            return Double::ZERO;
        }
        let k = (self.hi / LN_2.hi).round();
        let rest = self.subtract(LN_2.multiply(Double::of(k)));
        let one = Double::of(1.0);
        let value = if rest.hi == 0.0 {
            one
        } else {
            Double::series(rest, |k| rest.divide(Double::of(f64::from(k + 1)))).add(one)
        };
        value.scaled(2f64.powi(k as i32))
    }

    fn ln(self) -> Double {
        let mut y = Double::of(self.hi.ln());
        for _ in 0..2 {
            y = y
                .add(self.multiply(y.negative().exp()))
                .subtract(Double::of(1.0));
        }
        y
    }

    fn root(self) -> Double {
        if self.hi == 0.0 {
            return Double::ZERO;
        }
        let s = Double::of(self.hi.sqrt());
        s.add(self.subtract(s.multiply(s)).divide(s.scaled(2.0)))
    }

    fn tanh(self) -> Double {
        if self.hi.abs() > 40.0 {
            return Double::of(self.hi.signum());
        }
        let e = self.scaled(2.0).exp_less_one();
        e.divide(e.add(Double::of(2.0)))
    }

    fn sigmoid(self) -> Double {
        let one = Double::of(1.0);
        if self.hi < 0.0 {
            let e = self.exp();
            return e.divide(one.add(e));
        }
        one.divide(one.add(self.negative().exp()))
    }

    /// sin for `first` = x, cos for `first` = 1 of the series in −x².
    fn wave(self, cosine: bool) -> Double {
        let turns = (self.hi / TURN.hi).round();
        let x = self.subtract(TURN.multiply(Double::of(turns)));
        let square = x.multiply(x).negative();
        let shift = u32::from(!cosine);
        let first = if cosine { Double::of(1.0) } else { x };
        Double::series(first, |k| {
            let n = 2 * k + shift;
            square.divide(Double::of(f64::from(n * (n - 1))))
        })
    }

    /// 2/√π e^{−x²} Σ 2ⁿ x^{2n+1}/(2n+1)!!, all of one sign.
    fn erf(self) -> Double {
        if self.hi.abs() > 9.0 {
            return Double::of(self.hi.signum());
        }
        let square = self.multiply(self);
        let sum = Double::series(self, |k| {
            square.scaled(2.0).divide(Double::of(f64::from(2 * k + 1)))
        });
        TWO_OVER_ROOT_PI
            .multiply(square.negative().exp())
            .multiply(sum)
    }

    fn power(self, p: f64) -> Option<Double> {
        if p != p.trunc() || p.abs() > 64.0 {
            return (self.hi > 0.0).then(|| self.ln().multiply(Double::of(p)).exp());
        }
        let value = (0..p.abs() as u32).fold(Double::of(1.0), |a, _| a.multiply(self));
        Some(if p < 0.0 {
            Double::of(1.0).divide(value)
        } else {
            value
        })
    }

    fn normal_cumulative(self) -> Double {
        self.multiply(ROOT_HALF)
            .erf()
            .add(Double::of(1.0))
            .scaled(0.5)
    }
}

impl Scalar for Double {
    fn constant(&self, value: f64) -> Double {
        Double::of(value)
    }
    fn plus(&self, other: &Double) -> Double {
        self.add(*other)
    }
    fn times(&self, other: &Double) -> Double {
        self.multiply(*other)
    }
    fn minus(&self) -> Double {
        self.negative()
    }
    fn inverse(&self) -> Option<Double> {
        (self.hi != 0.0).then(|| Double::of(1.0).divide(*self))
    }
    fn shadow(&self) -> f64 {
        self.hi
    }
    fn apply(&self, function: Function) -> Option<Double> {
        let (x, positive) = (*self, self.hi > 0.0);
        Some(match function {
            Function::Relu => {
                if positive {
                    x
                } else {
                    Double::ZERO
                }
            }
            Function::LeakyRelu(slope) => {
                if positive {
                    x
                } else {
                    x.multiply(Double::of(slope))
                }
            }
            Function::Abs => {
                if positive {
                    x
                } else {
                    x.negative()
                }
            }
            Function::Square => x.multiply(x),
            Function::Power(p) => return x.power(p),
            Function::Exp => x.exp(),
            Function::Log => return positive.then(|| x.ln()),
            Function::Sqrt => return (x.hi >= 0.0).then(|| x.root()),
            Function::Tanh => x.tanh(),
            Function::Sigmoid => x.sigmoid(),
            Function::Silu => x.multiply(x.sigmoid()),
            Function::Gelu => x.multiply(x.normal_cumulative()),
            Function::GeluTanh => {
                let scale = Double::of((2.0 / std::f64::consts::PI).sqrt());
                let cube = x.multiply(x).multiply(x).multiply(Double::of(0.044_715));
                let inner = x.add(cube).multiply(scale);
                x.scaled(0.5).multiply(inner.tanh().add(Double::of(1.0)))
            }
            Function::Sin => x.wave(false),
            Function::Cos => x.wave(true),
            _ => return None,
        })
    }
    fn slope(&self, function: Function, y: &Double) -> Option<Double> {
        let one = Double::of(1.0);
        let positive = self.hi > 0.0;
        Some(match function {
            Function::Relu => Double::of(f64::from(positive)),
            Function::LeakyRelu(slope) => Double::of(if positive { 1.0 } else { slope }),
            Function::Abs => Double::of(if self.hi == 0.0 {
                0.0
            } else {
                self.hi.signum()
            }),
            Function::Square => self.scaled(2.0),
            Function::Power(0.0) => Double::ZERO,
            Function::Power(p) => self.power(p - 1.0)?.multiply(Double::of(p)),
            Function::Exp => *y,
            Function::Log => one.divide(*self),
            Function::Sqrt => Double::of(0.5).divide(*y),
            Function::Tanh => one.subtract(y.multiply(*y)),
            Function::Sigmoid => y.multiply(one.subtract(*y)),
            Function::Silu => {
                let s = self.sigmoid();
                s.add(y.multiply(one.subtract(s)))
            }
            Function::Sin => self.wave(true),
            Function::Cos => self.wave(false).negative(),
            Function::Gelu => {
                let density = self.multiply(*self).scaled(-0.5).exp();
                let density = density
                    .multiply(TWO_OVER_ROOT_PI)
                    .multiply(ROOT_HALF)
                    .scaled(0.5);
                self.normal_cumulative().add(self.multiply(density))
            }
            Function::GeluTanh => {
                let k = Double::of((2.0 / std::f64::consts::PI).sqrt());
                let a = Double::of(0.044_715);
                let square = self.multiply(*self);
                let inner = self.multiply(one.add(square.multiply(a))).multiply(k);
                let t = inner.tanh();
                let steep = one
                    .add(square.multiply(a).multiply(Double::of(3.0)))
                    .multiply(k);
                let bend = self.multiply(one.subtract(t.multiply(t))).multiply(steep);
                one.add(t).add(bend).scaled(0.5)
            }
            _ => return None,
        })
    }
}

/// Functions against identities that hold to 30 digits; the twin is one unit off in the twentieth.
#[test]
fn digits_are_twice_those_of_float64() {
    let close =
        |a: Double, b: Double| a.subtract(b).value().abs() < 1e-29 * (1.0 + a.value().abs());
    for x in [-3.7, -0.2, 1e-3, 0.4, 2.9, 11.0] {
        let x = Double::of(x);
        let apply = |f: Function| x.apply(f).expect("a value");
        let exp = apply(Function::Exp);
        assert!(close(exp.multiply(x.negative().exp()), Double::of(1.0)));
        assert!(close(exp.ln(), x));
        let (sin, cos) = (apply(Function::Sin), apply(Function::Cos));
        assert!(close(
            sin.multiply(sin).add(cos.multiply(cos)),
            Double::of(1.0)
        ));
        let tanh = exp
            .subtract(x.negative().exp())
            .divide(exp.add(x.negative().exp()));
        assert!(close(apply(Function::Tanh), tanh));
        let off = Double {
            hi: x.hi,
            lo: x.lo + 1e-20,
        };
        assert!(!close(
            off.exp().multiply(x.negative().exp()),
            Double::of(1.0)
        ));
    }
    // erf(1) = 0.84270079294971486934122063508260925929606699796630….
    let known = Double {
        hi: 0.842_700_792_949_714_9,
        lo: -2.480_101_178_911_860_2e-17,
    };
    assert!(close(Double::of(1.0).erf(), known));
    assert!(close(
        Double::of(2.0).root().multiply(ROOT_HALF),
        Double::of(1.0)
    ));
    // d/dx erf at 0.3, by central differences of two widths whose errors cancel to fourth order.
    let slope = |h: f64| {
        Double::of(0.3 + h)
            .erf()
            .subtract(Double::of(0.3 - h).erf())
            .divide(Double::of(0.3 + h).subtract(Double::of(0.3 - h)))
    };
    let richardson = slope(1e-3)
        .multiply(Double::of(4.0))
        .subtract(slope(2e-3))
        .divide(Double::of(3.0));
    let exact = TWO_OVER_ROOT_PI.multiply(Double::of(-0.09).exp());
    assert!(richardson.subtract(exact).value().abs() < 1e-11);
}
