//! Formulas as numbers: the value at θ, its logarithm for products that have no exponent in a double, and the
//! gradient by reverse accumulation.

use super::{Fold, Formula, Function, Index, Range, Symbol};
use symbias_numerics::special::log_bessel_k;

/// Values of a bound variable, with the adjoints that are collected for them.
struct Bound {
    symbol: Symbol,
    values: Vec<f64>,
    adjoint: Vec<f64>,
}

/// Where a formula is evaluated.
struct At<'a> {
    theta: &'a [f64],
    item: usize,
    bound: Vec<Bound>,
    i: usize,
    j: usize,
}

impl<'a> At<'a> {
    fn new(theta: &'a [f64]) -> At<'a> {
        At {
            theta,
            item: 0,
            bound: Vec::new(),
            i: 0,
            j: 0,
        }
    }

    fn find(&self, symbol: Symbol, index: Index) -> Option<(usize, usize)> {
        let at = match index {
            Index::None => 0,
            Index::I => self.i,
            Index::J => self.j,
        };
        let scope = self.bound.iter().rposition(|b| b.symbol == symbol)?;
        (at < self.bound[scope].values.len()).then_some((scope, at))
    }

    fn bind(&mut self, symbol: Symbol, values: Vec<f64>) {
        let adjoint = vec![0.0; values.len()];
        self.bound.push(Bound {
            symbol,
            values,
            adjoint,
        });
    }

    /// The pairs of indices that a range runs over.
    fn indices(&self, range: Range) -> Vec<(usize, usize)> {
        let values = |symbol: Symbol| {
            let own = self.bound.iter().rfind(|b| b.symbol == symbol);
            own.map_or(&[][..], |b| &b.values)
        };
        let (first, second) = match range {
            Range::Each(s) | Range::Pairs(s) => (values(s), values(s)),
            Range::Both(a, b) => (values(a), values(b)),
        };
        let start = |i: usize| match range {
            Range::Both(..) => 0,
            Range::Each(_) => i,
            Range::Pairs(_) => i + 1,
        };
        let end = |i: usize| match range {
            Range::Each(_) => i + 1,
            _ => second.len(),
        };
        let all = (0..first.len()).flat_map(|i| (start(i)..end(i)).map(move |j| (i, j)));
        all.filter(|(i, j)| first[*i] != 0.0 || second[*j] != 0.0)
            .collect()
    }
}

impl Function {
    /// f(x).
    pub(super) fn at(self, x: f64) -> f64 {
        match self {
            Function::Log => x.ln(),
            Function::Abs => x.abs(),
            Function::Asinh => x.asinh(),
            Function::LogBesselK(order) => log_bessel_k(order, x),
        }
    }

    /// f′(x).
    fn slope(self, x: f64) -> f64 {
        match self {
            Function::Log => 1.0 / x,
            Function::Abs => x.signum(),
            Function::Asinh => 1.0 / x.hypot(1.0),
            // K_ν′ = −(K_{ν−1} + K_{ν+1})/2.
            Function::LogBesselK(order) => {
                let own = log_bessel_k(order, x);
                let beside = |order: f64| (log_bessel_k(order.abs(), x) - own).exp();
                -(beside(order - 1.0) + beside(order + 1.0)) / 2.0
            }
        }
    }
}

impl Formula {
    /// The value at θ; `None` where a part is known in words only.
    #[must_use]
    pub fn value(&self, theta: &[f64]) -> Option<f64> {
        self.at(&mut At::new(theta)).filter(|x| !x.is_nan())
    }

    /// log of the value at θ.
    #[must_use]
    pub fn log_value(&self, theta: &[f64]) -> Option<f64> {
        self.log_at(&mut At::new(theta)).filter(|x| !x.is_nan())
    }

    /// The gradient at θ, d numbers; `None` where a part has none that is known.
    #[must_use]
    pub fn gradient(&self, theta: &[f64]) -> Option<Vec<f64>> {
        let mut gradient = vec![0.0; theta.len()];
        self.pull(&mut At::new(theta), 1.0, &mut gradient)?;
        Some(gradient)
    }

    /// Calls `each` at every copy of a structure, with its spectra bound.
    fn copies<T>(
        &self,
        at: &mut At<'_>,
        mut each: impl FnMut(&Formula, &mut At<'_>, usize) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Formula::Spectral {
            copies,
            spectra,
            body,
            ..
        } = self
        else {
            return None;
        };
        let before = at.bound.len();
        let mut all = Vec::with_capacity(*copies);
        for copy in 0..*copies {
            for (symbol, spectrum) in spectra {
                at.bind(*symbol, spectrum.values(at.theta, copy)?);
            }
            all.push(each(body, at, copy)?);
            at.bound.truncate(before);
        }
        Some(all)
    }

    fn at(&self, at: &mut At<'_>) -> Option<f64> {
        Some(match self {
            Formula::Number(x) => *x,
            Formula::Quantity(q) => q.value(at.theta, at.item)?,
            Formula::Variable(symbol, index) => {
                let (scope, k) = at.find(*symbol, *index)?;
                at.bound[scope].values[k]
            }
            Formula::Sum(all) => {
                let mut sum = 0.0;
                for term in all {
                    sum += term.at(at)?;
                }
                sum
            }
            Formula::Product(all) => {
                let mut product = 1.0;
                for factor in all {
                    product *= factor.at(at)?;
                }
                product
            }
            Formula::Power(x, p) => x.at(at)?.powf(*p),
            Formula::Apply(f, x) => f.at(x.at(at)?),
            Formula::Items {
                fold, count, body, ..
            } => {
                let before = at.item;
                let mut all = Vec::with_capacity(*count);
                for item in 0..*count {
                    at.item = item;
                    all.push(body.at(at)?);
                }
                at.item = before;
                fold.of(&all)
            }
            Formula::Spectral { fold, .. } => {
                let all = self.copies(at, |body, at, _| body.at(at))?;
                fold.of(&all)
            }
            Formula::Over(fold, range, body) => {
                let before = (at.i, at.j);
                let mut all = Vec::new();
                for (i, j) in at.indices(*range) {
                    (at.i, at.j) = (i, j);
                    all.push(body.at(at)?);
                }
                (at.i, at.j) = before;
                fold.of(&all)
            }
            Formula::Let {
                symbol,
                value,
                body,
                ..
            } => {
                let value = value.at(at)?;
                at.bind(*symbol, vec![value]);
                let found = body.at(at);
                at.bound.pop();
                found?
            }
        })
    }

    fn log_at(&self, at: &mut At<'_>) -> Option<f64> {
        match self {
            Formula::Quantity(q) => q.log_value(at.theta, at.item),
            Formula::Product(all) => {
                let mut sum = 0.0;
                for factor in all {
                    sum += factor.log_at(at)?;
                }
                Some(sum)
            }
            Formula::Power(x, p) => Some(p * x.log_at(at)?),
            Formula::Items {
                fold: Fold::Product,
                count,
                body,
                ..
            } => {
                let (before, mut sum) = (at.item, 0.0);
                for item in 0..*count {
                    at.item = item;
                    sum += body.log_at(at)?;
                }
                at.item = before;
                Some(sum)
            }
            Formula::Spectral {
                fold: Fold::Product,
                ..
            } => Some(self.copies(at, |body, at, _| body.log_at(at))?.iter().sum()),
            Formula::Over(Fold::Product, range, body) => {
                let (before, mut sum) = ((at.i, at.j), 0.0);
                for (i, j) in at.indices(*range) {
                    (at.i, at.j) = (i, j);
                    sum += body.log_at(at)?;
                }
                (at.i, at.j) = before;
                Some(sum)
            }
            other => other.at(at).map(f64::ln),
        }
    }

    fn pull(&self, at: &mut At<'_>, seed: f64, gradient: &mut [f64]) -> Option<()> {
        match self {
            Formula::Number(_) => {}
            Formula::Quantity(q) => q.pull(at.theta, at.item, seed, gradient)?,
            Formula::Variable(symbol, index) => {
                let (scope, k) = at.find(*symbol, *index)?;
                at.bound[scope].adjoint[k] += seed;
            }
            Formula::Sum(all) => {
                for term in all {
                    term.pull(at, seed, gradient)?;
                }
            }
            Formula::Product(all) => {
                let values: Vec<f64> = all.iter().map(|f| f.at(at)).collect::<Option<_>>()?;
                for (k, factor) in all.iter().enumerate() {
                    let others = values.iter().enumerate().filter(|(j, _)| *j != k);
                    let slope = others.map(|(_, x)| x).product::<f64>();
                    factor.pull(at, seed * slope, gradient)?;
                }
            }
            Formula::Power(x, p) => {
                let slope = p * x.at(at)?.powf(p - 1.0);
                x.pull(at, seed * slope, gradient)?;
            }
            Formula::Apply(f, x) => {
                let slope = f.slope(x.at(at)?);
                x.pull(at, seed * slope, gradient)?;
            }
            Formula::Items {
                fold, count, body, ..
            } => {
                let before = at.item;
                let whole = fold.whole(|| self.at(at))?;
                for item in 0..*count {
                    at.item = item;
                    let own = fold.share(whole, || body.at(at))?;
                    body.pull(at, seed * own, gradient)?;
                }
                at.item = before;
            }
            Formula::Spectral { fold, spectra, .. } => {
                let whole = fold.whole(|| self.at(at))?;
                self.copies(at, |body, at, copy| {
                    let own = fold.share(whole, || body.at(at))?;
                    body.pull(at, seed * own, gradient)?;
                    let first = at.bound.len() - spectra.len();
                    for (k, (_, spectrum)) in spectra.iter().enumerate() {
                        let adjoint = std::mem::take(&mut at.bound[first + k].adjoint);
                        spectrum.pull(at.theta, copy, &adjoint, gradient)?;
                    }
                    Some(())
                })?;
            }
            Formula::Over(fold, range, body) => {
                let before = (at.i, at.j);
                let whole = fold.whole(|| self.at(at))?;
                for (i, j) in at.indices(*range) {
                    (at.i, at.j) = (i, j);
                    let own = fold.share(whole, || body.at(at))?;
                    body.pull(at, seed * own, gradient)?;
                }
                (at.i, at.j) = before;
            }
            Formula::Let {
                symbol,
                value,
                held,
                body,
            } => {
                let found = value.at(at)?;
                at.bind(*symbol, vec![found]);
                body.pull(at, seed, gradient)?;
                let adjoint = at.bound.pop().map_or(0.0, |b| b.adjoint[0]);
                if !held {
                    value.pull(at, adjoint, gradient)?;
                }
            }
        }
        Some(())
    }
}

impl Fold {
    fn of(self, all: &[f64]) -> f64 {
        match self {
            Fold::Sum => all.iter().sum(),
            Fold::Product => all.iter().product(),
        }
    }

    /// What the derivative of a term needs of the whole.
    fn whole(self, of: impl FnOnce() -> Option<f64>) -> Option<f64> {
        match self {
            Fold::Sum => Some(1.0),
            Fold::Product => of(),
        }
    }

    /// The derivative of the whole by a term.
    fn share(self, whole: f64, term: impl FnOnce() -> Option<f64>) -> Option<f64> {
        match self {
            Fold::Sum => Some(1.0),
            Fold::Product => Some(whole / term()?),
        }
    }
}
