//! Sine and cosine.

use super::Extended;

/// π/2 in four parts.
const PI_2: [f64; 4] = [
    std::f64::consts::FRAC_PI_2,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
    5.562271104316826e-50,
];

/// From here on results have the digits of f64: 2^50.
const LARGE: f64 = f64::from_bits((1023 + 50) << 52);

/// Powers in the series: (π/4)^30 / 30! is below 2^-106.
const POWERS: usize = 30;

impl Extended {
    /// sin x; from |x| = 2^50 on with 16 digits.
    #[must_use]
    pub fn sin(self) -> Extended {
        if self.high.abs() >= LARGE {
            let ((s, c), (ds, dc)) = (self.high.sin_cos(), self.low.sin_cos());
            return Extended::from(s * dc + c * ds);
        }
        let (quadrant, rest) = self.quadrant();
        match quadrant {
            0 => rest.series(1),
            1 => rest.series(0),
            2 => -rest.series(1),
            _ => -rest.series(0),
        }
    }

    /// cos x; from |x| = 2^50 on with 16 digits.
    #[must_use]
    pub fn cos(self) -> Extended {
        if self.high.abs() >= LARGE {
            let ((s, c), (ds, dc)) = (self.high.sin_cos(), self.low.sin_cos());
            return Extended::from(c * dc - s * ds);
        }
        let (quadrant, rest) = self.quadrant();
        match quadrant {
            0 => rest.series(0),
            1 => -rest.series(1),
            2 => -rest.series(0),
            _ => rest.series(1),
        }
    }

    /// (k mod 4, x − k π/2) with a remainder of at most about π/4.
    fn quadrant(self) -> (i64, Extended) {
        let k = (self.high * std::f64::consts::FRAC_2_PI).round();
        let rest = PI_2
            .iter()
            .fold(self, |rest, &part| rest - Extended::product(k, part));
        ((k as i64).rem_euclid(4), rest)
    }

    /// Σ (−1)ʲ x^{2j + odd}/(2j + odd)!.
    fn series(self, odd: usize) -> Extended {
        let square = self * self;
        let mut sum = Extended::ONE;
        for n in (odd + 2..=POWERS + odd).rev().filter(|n| n % 2 == odd) {
            sum = Extended::ONE - sum * square / Extended::from((n * (n - 1)) as f64);
        }
        if odd == 1 { sum * self } else { sum }
    }
}
