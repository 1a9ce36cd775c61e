//! The error function and its complement.

use super::Extended;

const FRAC_2_SQRT_PI: Extended =
    Extended::parts(std::f64::consts::FRAC_2_SQRT_PI, 1.533545961316588e-17);

/// From here on erfc is a continued fraction.
const FRACTION: f64 = 2.0;

impl Extended {
    /// erf x = 2/√π ∫₀ˣ e^{−t²} dt.
    #[must_use]
    pub fn erf(self) -> Extended {
        if self.high.abs() < FRACTION {
            self.erf_series()
        } else {
            let rest = Extended::ONE - self.abs().erfc();
            if self.high < 0.0 { -rest } else { rest }
        }
    }

    /// erfc x = 1 − erf x, accurate where it is small.
    #[must_use]
    pub fn erfc(self) -> Extended {
        if self.high.is_nan() {
            self
        } else if self.high < -FRACTION {
            Extended::from(2.0) - (-self).erfc()
        } else if self.high < FRACTION {
            Extended::ONE - self.erf_series()
        } else if self.high > 27.3 {
            Extended::ZERO
        } else {
            self.erfc_fraction()
        }
    }

    /// erf x = 2/√π e^{−x²} Σ 2ⁿ x^{2n+1}/(2n+1)!! (Abramowitz and Stegun 7.1.6), all terms of one sign.
    fn erf_series(self) -> Extended {
        let square = self * self;
        let double = square.scaled(1);
        let (mut term, mut sum, mut n) = (self, self, 3.0);
        while term.high.abs() > Extended::EPSILON * 0.01 * sum.high.abs() {
            term = term * double / Extended::from(n);
            sum = sum + term;
            n += 2.0;
        }
        FRAC_2_SQRT_PI * (-square).exp() * sum
    }

    /// erfc x = e^{−x²}/√π · 1/(x + ½/(x + 1/(x + ³⁄₂/(x + …)))) (Abramowitz and Stegun 7.1.14).
    fn erfc_fraction(self) -> Extended {
        // The error falls as e^{−2x√(2n)}.
        let depth = (0.5 * (76.0 / (2.0 * self.high)).powi(2)).ceil() as usize + 12;
        let mut tail = self;
        for n in (1..=depth).rev() {
            tail = self + Extended::from(0.5 * n as f64) / tail;
        }
        (-(self * self)).exp() * FRAC_2_SQRT_PI.scaled(-1) / tail
    }
}
