//! Models from their definitions: the map F, its generators as matrices, and what follows.

use super::linear::*;

type Map = Box<dyn Fn(&[f64]) -> Vec<f64>>;

/// A polynomial map of degree at most 4 with linear generators, the symmetric ones first.
pub struct Case {
    pub d: usize,
    pub map: Map,
    pub symmetric: Vec<Rows>,
    pub antisymmetric: Vec<Rows>,
}

/// E_ii, then (E_ij + E_ji)/√2 for i < j.
pub fn symmetric_basis(n: usize) -> Vec<Rows> {
    let unit = |i: usize| {
        let mut a = zeros(n, n);
        a[i][i] = 1.0;
        a
    };
    (0..n).map(unit).chain(pairs(n, 1.0)).collect()
}

/// (E_ij − E_ji)/√2 for i < j.
pub fn antisymmetric_basis(n: usize) -> Vec<Rows> {
    pairs(n, -1.0)
}

fn pairs(n: usize, sign: f64) -> Vec<Rows> {
    let mut all = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let mut a = zeros(n, n);
            a[i][j] = std::f64::consts::FRAC_1_SQRT_2;
            a[j][i] = sign * std::f64::consts::FRAC_1_SQRT_2;
            all.push(a);
        }
    }
    all
}

/// n × m numbers of θ from an offset, as a matrix.
pub fn block(theta: &[f64], offset: usize, n: usize, m: usize) -> Rows {
    (0..n)
        .map(|i| theta[offset + i * m..offset + (i + 1) * m].to_vec())
        .collect()
}

/// The matrix of a linear map.
fn matrix(d: usize, f: impl Fn(&[f64]) -> Vec<f64>) -> Rows {
    let column = |j: usize| {
        let mut e = vec![0.0; d];
        e[j] = 1.0;
        f(&e)
    };
    transposed(&(0..d).map(column).collect())
}

/// Diagonal generators.
fn diagonal(weights: &[f64]) -> Rows {
    let mut a = zeros(weights.len(), weights.len());
    (0..weights.len()).for_each(|i| a[i][i] = weights[i]);
    a
}

/// w = θ_1 ⊙ … ⊙ θ_D of n entries, factor by factor; basis θ_k∂_k − θ_{k+1}∂_{k+1}, entry by entry.
pub fn products(depth: usize, n: usize) -> Case {
    let generator = |e: usize, k: usize| {
        let mut a = vec![0.0; depth * n];
        a[k * n + e] = 1.0;
        a[(k + 1) * n + e] = -1.0;
        diagonal(&a)
    };
    Case {
        d: depth * n,
        map: Box::new(move |t| {
            (0..n)
                .map(|e| (0..depth).map(|k| t[k * n + e]).product())
                .collect()
        }),
        symmetric: (0..n)
            .flat_map(|e| (0..depth - 1).map(move |k| (e, k)))
            .map(|(e, k)| generator(e, k))
            .collect(),
        antisymmetric: Vec::new(),
    }
}

/// One term a_0 ∘ a_1 ∘ … of these dimensions.
pub fn rank_one(dims: &[usize]) -> Case {
    let dims = dims.to_vec();
    let d = dims.iter().sum();
    let starts: Vec<usize> = (0..=dims.len()).map(|k| dims[..k].iter().sum()).collect();
    let generator = |k: usize| {
        let mut a = vec![0.0; d];
        a[starts[k]..starts[k + 1]].fill(1.0);
        a[starts[k + 1]..starts[k + 2]].fill(-1.0);
        diagonal(&a)
    };
    Case {
        d,
        symmetric: (0..dims.len() - 1).map(generator).collect(),
        antisymmetric: Vec::new(),
        map: Box::new(move |t| {
            let mut z = vec![1.0];
            for k in 0..dims.len() {
                let a = &t[starts[k]..starts[k + 1]];
                z = z
                    .iter()
                    .flat_map(|z| a.iter().map(move |a| z * a))
                    .collect();
            }
            z
        }),
    }
}

/// W = PQ, P m × r, Q r × n, (P, Q) → (Pg, g⁻¹Q).
pub fn pair(m: usize, n: usize, r: usize) -> Case {
    let d = r * (m + n);
    let of = |x: &Rows| {
        matrix(d, |t| {
            let p = product(&block(t, 0, m, r), x);
            let q = product(x, &block(t, m * r, r, n));
            p.concat()
                .into_iter()
                .chain(q.concat().iter().map(|x| -x))
                .collect()
        })
    };
    Case {
        d,
        map: Box::new(move |t| product(&block(t, 0, m, r), &block(t, m * r, r, n)).concat()),
        symmetric: symmetric_basis(r).iter().map(of).collect(),
        antisymmetric: antisymmetric_basis(r).iter().map(of).collect(),
    }
}

/// W = W_D ⋯ W_1 of square n × n matrices, W_1 first.
pub fn chain(depth: usize, n: usize) -> Case {
    let d = depth * n * n;
    let of = |k: usize, x: &Rows| {
        matrix(d, |t| {
            let mut moved = vec![0.0; d];
            let (low, high) = (k * n * n, (k + 1) * n * n);
            moved[low..high].copy_from_slice(&product(x, &block(t, low, n, n)).concat());
            let next = product(&block(t, high, n, n), x).concat();
            (0..n * n).for_each(|i| moved[high + i] = -next[i]);
            moved
        })
    };
    let all = |basis: Vec<Rows>| {
        let links = (0..depth - 1).flat_map(|k| basis.iter().map(move |x| (k, x)));
        links.map(|(k, x)| of(k, x)).collect()
    };
    Case {
        d,
        map: Box::new(move |t| {
            let first = block(t, 0, n, n);
            (1..depth)
                .fold(first, |w, k| product(&block(t, k * n * n, n, n), &w))
                .concat()
        }),
        symmetric: all(symmetric_basis(n)),
        antisymmetric: all(antisymmetric_basis(n)),
    }
}

/// S = XXᵀ, X n × r.
pub fn square(n: usize, r: usize) -> Case {
    let of = |x: &Rows| matrix(n * r, |t| product(&block(t, 0, n, r), x).concat());
    Case {
        d: n * r,
        map: Box::new(move |t| {
            let x = block(t, 0, n, r);
            product(&x, &transposed(&x)).concat()
        }),
        symmetric: Vec::new(),
        antisymmetric: antisymmetric_basis(r).iter().map(of).collect(),
    }
}

pub fn gram(generators: &[Rows], theta: &[f64]) -> Rows {
    let fields: Rows = generators.iter().map(|a| apply(a, theta)).collect();
    product(&fields, &transposed(&fields))
}

impl Case {
    pub fn generators(&self) -> Vec<Rows> {
        [self.symmetric.clone(), self.antisymmetric.clone()].concat()
    }

    /// dF, by a difference that is exact for polynomials of degree 4.
    pub fn jacobian(&self, theta: &[f64]) -> Rows {
        let at = |j: usize, h: f64| {
            let mut t = theta.to_vec();
            t[j] += h;
            (self.map)(&t)
        };
        let column = |j: usize| -> Vec<f64> {
            let (a, b, c, d) = (at(j, 1.0), at(j, -1.0), at(j, 2.0), at(j, -2.0));
            (0..a.len())
                .map(|i| (8.0 * (a[i] - b[i]) - (c[i] - d[i])) / 12.0)
                .collect()
        };
        transposed(&(0..self.d).map(column).collect())
    }

    /// K = JJᵀ.
    pub fn metric(&self, theta: &[f64]) -> Rows {
        let j = self.jacobian(theta);
        product(&j, &transposed(&j))
    }

    /// Γ of all generators.
    pub fn gram(&self, theta: &[f64]) -> Rows {
        gram(&self.generators(), theta)
    }

    /// P_H = I − ΞΓ⁺Ξᵀ.
    pub fn horizontal(&self, theta: &[f64]) -> Rows {
        let fields: Rows = self.generators().iter().map(|a| apply(a, theta)).collect();
        let inverse = pseudo_inverse(&product(&fields, &transposed(&fields)));
        let vertical = product(&transposed(&fields), &product(&inverse, &fields));
        sum(&identity(self.d), -1.0, &vertical)
    }

    /// tr(A P_H) for each symmetric generator.
    pub fn drifts(&self, theta: &[f64]) -> Vec<f64> {
        let p = self.horizontal(theta);
        self.symmetric.iter().map(|a| inner(a, &p)).collect()
    }

    /// ½ θᵀAθ for each symmetric generator.
    pub fn charges(&self, theta: &[f64]) -> Vec<f64> {
        let charge = |a: &Rows| dot(theta, &apply(a, theta)) / 2.0;
        self.symmetric.iter().map(charge).collect()
    }

    /// The point of least norm on the orbit, by Newton's method with halved steps.
    pub fn balanced(&self, theta: &[f64]) -> Vec<f64> {
        let mut t = theta.to_vec();
        for _ in 0..100 {
            let slope: Vec<f64> = self.charges(&t).iter().map(|c| 2.0 * c).collect();
            if slope.iter().all(|s| s.abs() < 1e-14 * dot(&t, &t)) {
                break;
            }
            let hessian = scaled(&gram(&self.symmetric, &t), 2.0);
            let mut step = apply(&pseudo_inverse(&hessian), &slope);
            loop {
                let x = self
                    .symmetric
                    .iter()
                    .zip(&step)
                    .fold(zeros(self.d, self.d), |x, (a, s)| sum(&x, -s, a));
                let moved = apply(&exponential(&x), &t);
                if dot(&moved, &moved) <= dot(&t, &t) * (1.0 + 1e-15) {
                    t = moved;
                    break;
                }
                step.iter_mut().for_each(|s| *s /= 2.0);
            }
        }
        t
    }

    /// Σ_a P_H B_a²θ over generators B_a that are orthonormal at θ: the curve e^{tB}θ has the
    /// acceleration B²θ, so that this is the mean curvature vector by its definition.
    pub fn mean_curvature(&self, theta: &[f64]) -> Vec<f64> {
        let all = self.generators();
        let (values, vectors) = eigen(&gram(&all, theta));
        let mut total = vec![0.0; self.d];
        for (value, vector) in values.iter().zip(&vectors) {
            if *value <= 1e-11 * values[0] {
                continue;
            }
            let b = all
                .iter()
                .zip(vector)
                .fold(zeros(self.d, self.d), |b, (a, c)| {
                    sum(&b, c / value.sqrt(), a)
                });
            let acceleration = apply(&b, &apply(&b, theta));
            (0..self.d).for_each(|i| total[i] += acceleration[i]);
        }
        apply(&self.horizontal(theta), &total)
    }
}

/// P_H ∇ f by differences of fourth order.
pub fn gradient(f: impl Fn(&[f64]) -> f64, theta: &[f64]) -> Vec<f64> {
    let h = 1e-3;
    let at = |j: usize, c: f64| {
        let mut t = theta.to_vec();
        t[j] += c * h;
        f(&t)
    };
    (0..theta.len())
        .map(|j| (8.0 * (at(j, 1.0) - at(j, -1.0)) - (at(j, 2.0) - at(j, -2.0))) / (12.0 * h))
        .collect()
}
