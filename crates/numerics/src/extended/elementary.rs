//! Exponential, logarithm and what is made of them.

use super::Extended;

/// ln 2 in three parts, so that 1075 ln 2 is known beyond 106 bits.
const LN_2: [f64; 3] = [
    std::f64::consts::LN_2,
    2.3190468138462996e-17,
    5.707708438416212e-34,
];

/// Halvings of an argument of at most ½ ln 2 before its series.
const HALVINGS: i32 = 6;
/// Terms of the series: (ln 2 / 2^7)^12 / 13! is below 2^-106.
const TERMS: usize = 12;

impl Extended {
    /// eˣ.
    #[must_use]
    pub fn exp(self) -> Extended {
        if self.high > 710.0 || self.high < -746.0 || self.high.is_nan() {
            return Extended::from(self.high.exp());
        }
        let (k, reduced) = self.without_powers_of_two();
        (reduced.exp_m1_of_small() + Extended::ONE).scaled(k)
    }

    /// eˣ − 1, accurate for small x too.
    #[must_use]
    pub fn exp_m1(self) -> Extended {
        if self.high.abs() <= 0.5 * LN_2[0] {
            self.exp_m1_of_small()
        } else {
            self.exp() - Extended::ONE
        }
    }

    /// (k, x − k ln 2) with a remainder of at most about ½ ln 2.
    fn without_powers_of_two(self) -> (i32, Extended) {
        let k = (self.high * std::f64::consts::LOG2_E).round();
        let rest = LN_2
            .iter()
            .fold(self, |rest, &part| rest - Extended::product(k, part));
        (k as i32, rest)
    }

    /// The series of eˣ − 1 at x/2⁶, and (1 + s)² − 1 = 2 s + s² six times.
    fn exp_m1_of_small(self) -> Extended {
        let x = self.scaled(-HALVINGS);
        let mut sum = Extended::ONE;
        for n in (2..=TERMS + 1).rev() {
            sum = sum * x / Extended::from(n as f64) + Extended::ONE;
        }
        let mut s = sum * x;
        for _ in 0..HALVINGS {
            s = s.scaled(1) + s * s;
        }
        s
    }

    /// ln x; −∞ at 0 and not a number below.
    ///
    /// With x = 2ᵏ m, y the f64 nearest ln m: ln m = y + ln(1 + δ), δ = m e^{−y} − 1 = (m − 1) + m (e^{−y} − 1), where nothing
    /// is lost near m = 1 and δ² is below 2^-104.
    #[must_use]
    pub fn ln(self) -> Extended {
        if self.high <= 0.0 || !self.is_finite() {
            return Extended::from(self.high.ln());
        }
        // Subnormals have no exponent of their own.
        if self.high < f64::MIN_POSITIVE {
            let shift = Extended::from(64.0) * Extended::parts(LN_2[0], LN_2[1]);
            return self.scaled(64).ln() - shift;
        }
        let mut k = (self.high.to_bits() >> 52) as i32 - 1023;
        let mut m = self.scaled(-k);
        if m.high > std::f64::consts::SQRT_2 {
            m = m.scaled(-1);
            k += 1;
        }
        let y = Extended::from(m.high.ln());
        let delta = (m - Extended::ONE) + m * (-y).exp_m1();
        let log = y + (delta - (delta * delta).scaled(-1));
        let powers = LN_2.iter().rev().fold(Extended::ZERO, |sum, &part| {
            sum + Extended::product(f64::from(k), part)
        });
        powers + log
    }

    /// tanh x = −E/(E + 2) for x > 0, E = e^{−2x} − 1.
    #[must_use]
    pub fn tanh(self) -> Extended {
        let e = self.abs().scaled(1);
        let e = (-e).exp_m1();
        let size = -(e / (e + Extended::from(2.0)));
        if self.high < 0.0 { -size } else { size }
    }

    /// tanh′ x = 4 e^{−2|x|}/(1 + e^{−2|x|})², accurate where tanh is close to ±1.
    #[must_use]
    pub fn sech_squared(self) -> Extended {
        let e = (-self.abs().scaled(1)).exp();
        let sum = Extended::ONE + e;
        e.scaled(2) / (sum * sum)
    }

    /// 1/(1 + e^{−x}).
    #[must_use]
    pub fn sigmoid(self) -> Extended {
        let e = (-self.abs()).exp();
        let sum = Extended::ONE + e;
        if self.high < 0.0 {
            e / sum
        } else {
            sum.recip()
        }
    }

    /// xᵖ; an integer p multiplies, any other needs x ≥ 0 (else not a number).
    #[must_use]
    pub fn powf(self, p: f64) -> Extended {
        if p == p.trunc() && p.abs() <= 4096.0 {
            return self.powi(p as i32);
        }
        if self.high <= 0.0 {
            return Extended::from(self.high.powf(p));
        }
        (self.ln() * p).exp()
    }
}
