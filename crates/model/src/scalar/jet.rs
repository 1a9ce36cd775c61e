//! Derivatives of any order: polynomials in ε₁, …, ε_k with ε_i² = 0.

use super::number::Scalar;
use crate::expression::Function;

/// An element of S[ε₁, …, ε_k]/(ε_i²): entry number `m` is the coefficient of Π_{i ∈ m} ε_i, the
/// subset m read as bits. The coefficient of ε₁⋯ε_k of f(θ + Σ ε_i v_i) is the k-th derivative
/// of f along v₁, …, v_k.
#[derive(Clone, Debug, PartialEq)]
pub struct Nilpotent<S> {
    coefficients: Vec<S>,
}

impl<S: Scalar> Nilpotent<S> {
    /// A number without ε.
    #[must_use]
    pub fn number(value: S) -> Nilpotent<S> {
        Nilpotent {
            coefficients: vec![value],
        }
    }

    /// `self + ε direction`, with a new ε.
    #[must_use]
    pub fn moved(&self, direction: &Nilpotent<S>) -> Nilpotent<S> {
        let count = self.coefficients.len().max(direction.coefficients.len());
        let padded = |x: &Nilpotent<S>| {
            let zero = x.coefficients[0].constant(0.0);
            let mut c = x.coefficients.clone();
            c.resize(count, zero);
            c
        };
        let mut coefficients = padded(self);
        coefficients.extend(padded(direction));
        Nilpotent { coefficients }
    }

    /// The coefficient of the last of `count` ε, as a number with the others.
    #[must_use]
    pub fn derivative(&self, count: u32) -> Nilpotent<S> {
        let half = 1 << (count - 1);
        let zero = self.coefficients[0].constant(0.0);
        let coefficients = match self.coefficients.get(half..) {
            Some(rest) if !rest.is_empty() => rest.to_vec(),
            _ => vec![zero],
        };
        Nilpotent { coefficients }
    }

    /// The value at ε = 0.
    #[must_use]
    pub fn value(&self) -> &S {
        &self.coefficients[0]
    }

    /// (value, nilpotent part).
    fn split(&self) -> (S, Nilpotent<S>) {
        let mut rest = self.clone();
        rest.coefficients[0] = rest.coefficients[0].constant(0.0);
        (self.coefficients[0].clone(), rest)
    }

    fn depth(&self) -> u32 {
        self.coefficients.len().trailing_zeros()
    }

    /// Σ_j derivatives[j] nᵗʰ-power/j! for the nilpotent part n.
    fn taylor(&self, derivatives: &[S]) -> Nilpotent<S> {
        let (_, n) = self.split();
        let mut power = Nilpotent::number(derivatives[0].constant(1.0));
        let mut total = Nilpotent::number(derivatives[0].clone());
        let mut factorial = 1.0;
        for (j, d) in derivatives.iter().enumerate().skip(1) {
            factorial *= j as f64;
            power = power.times(&n);
            let inverse = d
                .constant(factorial)
                .inverse()
                .unwrap_or_else(|| d.constant(0.0));
            total = total.plus(&power.times(&Nilpotent::number(d.times(&inverse))));
        }
        total
    }
}

impl<S: Scalar> Scalar for Nilpotent<S> {
    fn constant(&self, value: f64) -> Nilpotent<S> {
        Nilpotent::number(self.coefficients[0].constant(value))
    }

    fn plus(&self, other: &Nilpotent<S>) -> Nilpotent<S> {
        let (long, short) = if self.coefficients.len() >= other.coefficients.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut coefficients = long.coefficients.clone();
        for (c, x) in coefficients.iter_mut().zip(&short.coefficients) {
            *c = c.plus(x);
        }
        Nilpotent { coefficients }
    }

    fn times(&self, other: &Nilpotent<S>) -> Nilpotent<S> {
        let count = self.coefficients.len().max(other.coefficients.len());
        let mut coefficients: Vec<Option<S>> = vec![None; count];
        for (m, a) in self.coefficients.iter().enumerate() {
            for (n, b) in other.coefficients.iter().enumerate() {
                if m & n == 0 {
                    let product = a.times(b);
                    let slot = &mut coefficients[m | n];
                    *slot = Some(match slot.take() {
                        Some(sum) => sum.plus(&product),
                        None => product,
                    });
                }
            }
        }
        let zero = self.coefficients[0].constant(0.0);
        let coefficients = coefficients
            .into_iter()
            .map(|c| c.unwrap_or_else(|| zero.clone()))
            .collect();
        Nilpotent { coefficients }
    }

    fn minus(&self) -> Nilpotent<S> {
        Nilpotent {
            coefficients: self.coefficients.iter().map(S::minus).collect(),
        }
    }

    fn inverse(&self) -> Option<Nilpotent<S>> {
        // 1/(a + n) has derivatives (−1)ʲ j! a^{−j−1}.
        let inverse = self.coefficients[0].inverse()?;
        let mut derivatives = vec![inverse.clone()];
        for j in 1..=self.depth() {
            let last = &derivatives[derivatives.len() - 1];
            derivatives.push(last.times(&inverse).times(&inverse.constant(-f64::from(j))));
        }
        Some(self.taylor(&derivatives))
    }

    fn shadow(&self) -> f64 {
        self.coefficients[0].shadow()
    }

    fn apply(&self, function: Function) -> Option<Nilpotent<S>> {
        let x = &self.coefficients[0];
        let y = x.apply(function)?;
        if self.coefficients.len() == 1 {
            return Some(Nilpotent::number(y));
        }
        // f(a + ε b) = f(a) + ε b f′(a), the last ε split off; f′ by the same rule on fewer ε.
        let half = self.coefficients.len() / 2;
        let low = Nilpotent {
            coefficients: self.coefficients[..half].to_vec(),
        };
        let high = Nilpotent {
            coefficients: self.coefficients[half..].to_vec(),
        };
        let value = low.apply(function)?;
        let slope = low.slope(function, &value)?;
        Some(value.moved(&slope.times(&high)))
    }
}
