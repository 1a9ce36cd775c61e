//! Derivatives of any order: polynomials in ε₁, …, ε_k with ε_i² = 0.

use super::number::Scalar;
use crate::expression::Function;
use std::ops::{Deref, DerefMut};

/// An element of S[ε₁, …, ε_k]/(ε_i²): entry number `m` is the coefficient of Π_{i ∈ m} ε_i, the
/// subset m read as bits. The coefficient of ε₁⋯ε_k of f(θ + Σ ε_i v_i) is the k-th derivative
/// of f along v₁, …, v_k.
#[derive(Clone, Debug, PartialEq)]
pub struct Nilpotent<S> {
    coefficients: Coefficients<S>,
}

/// 2ᵏ coefficients. Those of numbers and of first derivatives, which are most, take no memory of their own.
#[derive(Clone, Debug, PartialEq)]
enum Coefficients<S> {
    Number([S; 1]),
    Dual([S; 2]),
    /// Four or more.
    More(Vec<S>),
}

impl<S> Deref for Coefficients<S> {
    type Target = [S];

    fn deref(&self) -> &[S] {
        match self {
            Coefficients::Number(c) => c,
            Coefficients::Dual(c) => c,
            Coefficients::More(c) => c,
        }
    }
}

impl<S> DerefMut for Coefficients<S> {
    fn deref_mut(&mut self) -> &mut [S] {
        match self {
            Coefficients::Number(c) => c,
            Coefficients::Dual(c) => c,
            Coefficients::More(c) => c,
        }
    }
}

impl<S: Scalar> Nilpotent<S> {
    /// A number without ε.
    #[must_use]
    pub fn number(value: S) -> Nilpotent<S> {
        Nilpotent {
            coefficients: Coefficients::Number([value]),
        }
    }

    fn dual(value: S, slope: S) -> Nilpotent<S> {
        Nilpotent {
            coefficients: Coefficients::Dual([value, slope]),
        }
    }

    fn of(coefficients: &[S]) -> Nilpotent<S> {
        match coefficients {
            [x] => Nilpotent::number(x.clone()),
            [x, v] => Nilpotent::dual(x.clone(), v.clone()),
            more => Nilpotent {
                coefficients: Coefficients::More(more.to_vec()),
            },
        }
    }

    /// `self + ε direction`, with a new ε.
    #[must_use]
    pub fn moved(&self, direction: &Nilpotent<S>) -> Nilpotent<S> {
        let (x, v) = (&self.coefficients, &direction.coefficients);
        if let (Coefficients::Number([x]), Coefficients::Number([v])) = (x, v) {
            return Nilpotent::dual(x.clone(), v.clone());
        }
        let count = x.len().max(v.len());
        let zero = x[0].constant(0.0);
        let padded = |c: &[S]| {
            let zeros = std::iter::repeat_n(zero.clone(), count - c.len());
            c.iter().cloned().chain(zeros).collect::<Vec<S>>()
        };
        Nilpotent::of(&[padded(x), padded(v)].concat())
    }

    /// The coefficient of the last of `count` ε, as a number with the others.
    #[must_use]
    pub fn derivative(&self, count: u32) -> Nilpotent<S> {
        let half = 1 << (count - 1);
        match self.coefficients.get(half..) {
            Some(rest) if !rest.is_empty() => Nilpotent::of(rest),
            _ => Nilpotent::number(self.coefficients[0].constant(0.0)),
        }
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
        use Coefficients::{Dual, Number};
        match (&self.coefficients, &other.coefficients) {
            (Number([a]), Number([b])) => return Nilpotent::number(a.plus(b)),
            (Dual([a, x]), Dual([b, y])) => return Nilpotent::dual(a.plus(b), x.plus(y)),
            _ => {}
        }
        let (long, short) = if self.coefficients.len() >= other.coefficients.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut sum = long.clone();
        for (c, x) in sum.coefficients.iter_mut().zip(short.coefficients.iter()) {
            *c = c.plus(x);
        }
        sum
    }

    fn times(&self, other: &Nilpotent<S>) -> Nilpotent<S> {
        use Coefficients::{Dual, Number};
        match (&self.coefficients, &other.coefficients) {
            (Number([a]), Number([b])) => return Nilpotent::number(a.times(b)),
            (Number([a]), Dual([b, y])) => return Nilpotent::dual(a.times(b), a.times(y)),
            (Dual([a, x]), Number([b])) => return Nilpotent::dual(a.times(b), x.times(b)),
            (Dual([a, x]), Dual([b, y])) => {
                return Nilpotent::dual(a.times(b), a.times(y).plus(&x.times(b)));
            }
            _ => {}
        }
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
        let coefficients = coefficients.into_iter();
        Nilpotent {
            coefficients: Coefficients::More(
                coefficients
                    .map(|c| c.unwrap_or_else(|| zero.clone()))
                    .collect(),
            ),
        }
    }

    fn minus(&self) -> Nilpotent<S> {
        let mut minus = self.clone();
        minus.coefficients.iter_mut().for_each(|c| *c = c.minus());
        minus
    }

    fn inverse(&self) -> Option<Nilpotent<S>> {
        // 1/(a + n) has derivatives (−1)ʲ j! a^{−j−1}.
        let inverse = self.coefficients[0].inverse()?;
        if self.coefficients.len() == 1 {
            return Some(Nilpotent::number(inverse));
        }
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
        let low = Nilpotent::of(&self.coefficients[..half]);
        let high = Nilpotent::of(&self.coefficients[half..]);
        let value = low.apply(function)?;
        let slope = low.slope(function, &value)?;
        Some(value.moved(&slope.times(&high)))
    }
}
