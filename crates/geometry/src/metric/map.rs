//! A predictor map w(θ) with its derivatives, and pdet K.

use crate::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::rank::{RankDecision, RowSpace};

/// A map w: ℝᵈ → ℝᵐ with first and second derivatives.
pub trait PredictorMap {
    /// w(θ), m numbers.
    ///
    /// # Errors
    /// Undefined at θ.
    fn value(&self, theta: &[f64]) -> Result<Vec<f64>>;

    /// J(θ), m rows of d numbers.
    ///
    /// # Errors
    /// Undefined at θ.
    fn jacobian(&self, theta: &[f64]) -> Result<Vec<Vec<f64>>>;

    /// The derivative of J along v: row i is (∇²w_i) v.
    ///
    /// # Errors
    /// Undefined at θ.
    fn jacobian_along(&self, theta: &[f64], v: &[f64]) -> Result<Vec<Vec<f64>>>;

    /// Σ_i (∇²w_i) b_i for m vectors b_i of d numbers.
    ///
    /// # Errors
    /// Undefined at θ.
    fn contracted(&self, theta: &[f64], b: &[Vec<f64>]) -> Result<Vec<f64>>;

    /// What its values and derivatives cost.
    fn costs(&self) -> Costs;

    /// Rows that have no coordinate of θ in common with other rows, as groups of row numbers.
    fn blocks(&self, theta: &[f64]) -> Result<Vec<Vec<usize>>> {
        Ok(vec![(0..self.value(theta)?.len()).collect()])
    }
}

/// Multiplications at one point, about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Of w.
    pub value: f64,
    /// Of J.
    pub jacobian: f64,
    /// Of one derivative of J, or of one contraction of second derivatives.
    pub second: f64,
}

/// c · θ_{i_1} ⋯ θ_{i_k}.
#[derive(Clone, Debug, PartialEq)]
pub struct Monomial {
    /// c.
    pub coefficient: f64,
    /// i_1, …, i_k; repeated for powers.
    pub places: Vec<usize>,
}

/// A polynomial map: each entry of w a sum of monomials.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Polynomial {
    /// Entries of w.
    pub entries: Vec<Vec<Monomial>>,
}

impl Monomial {
    /// Coefficient times the coordinates, without those at some positions.
    fn without(&self, theta: &[f64], left_out: &[usize]) -> f64 {
        let rest = self.places.iter().enumerate();
        self.coefficient
            * rest
                .filter(|(k, _)| !left_out.contains(k))
                .map(|(_, p)| theta[*p])
                .product::<f64>()
    }

    /// Adds the Hessian times v to `into`.
    fn add_hessian(&self, theta: &[f64], v: &[f64], into: &mut [f64]) {
        for (k, p) in self.places.iter().enumerate() {
            for (l, q) in self.places.iter().enumerate() {
                if k != l && v[*q] != 0.0 {
                    into[*p] += self.without(theta, &[k, l]) * v[*q];
                }
            }
        }
    }
}

impl Polynomial {
    /// The entries of some rows as a map of the coordinates that they read, which come first, ascending.
    #[must_use]
    pub fn part(&self, rows: &[usize]) -> (Vec<usize>, Polynomial) {
        let entries = || rows.iter().map(|k| &self.entries[*k]);
        let mut columns: Vec<usize> = entries()
            .flatten()
            .flat_map(|m| m.places.iter().copied())
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let renamed = |m: &Monomial| Monomial {
            coefficient: m.coefficient,
            places: m
                .places
                .iter()
                .map(|p| columns.partition_point(|c| c < p))
                .collect(),
        };
        let entries = entries().map(|e| e.iter().map(renamed).collect()).collect();
        (columns, Polynomial { entries })
    }
}

impl PredictorMap for Polynomial {
    fn value(&self, theta: &[f64]) -> Result<Vec<f64>> {
        let entry = |e: &Vec<Monomial>| e.iter().map(|m| m.without(theta, &[])).sum();
        Ok(self.entries.iter().map(entry).collect())
    }

    fn jacobian(&self, theta: &[f64]) -> Result<Vec<Vec<f64>>> {
        let row = |e: &Vec<Monomial>| {
            let mut row = vec![0.0; theta.len()];
            for m in e {
                for (k, p) in m.places.iter().enumerate() {
                    row[*p] += m.without(theta, &[k]);
                }
            }
            row
        };
        Ok(self.entries.iter().map(row).collect())
    }

    fn jacobian_along(&self, theta: &[f64], v: &[f64]) -> Result<Vec<Vec<f64>>> {
        let row = |e: &Vec<Monomial>| {
            let mut row = vec![0.0; theta.len()];
            e.iter().for_each(|m| m.add_hessian(theta, v, &mut row));
            row
        };
        Ok(self.entries.iter().map(row).collect())
    }

    fn contracted(&self, theta: &[f64], b: &[Vec<f64>]) -> Result<Vec<f64>> {
        let mut sum = vec![0.0; theta.len()];
        for (e, b) in self.entries.iter().zip(b) {
            e.iter().for_each(|m| m.add_hessian(theta, b, &mut sum));
        }
        Ok(sum)
    }

    fn costs(&self) -> Costs {
        let sum = |power: i32| -> f64 {
            let degrees = self.entries.iter().flatten().map(|m| m.places.len());
            degrees.map(|k| (k as f64 + 1.0).powi(power)).sum()
        };
        Costs {
            value: sum(1),
            jacobian: sum(2),
            second: sum(3),
        }
    }

    fn blocks(&self, theta: &[f64]) -> Result<Vec<Vec<usize>>> {
        // The least entry that reads a coordinate stands for all that read it, by union and find.
        let mut parent: Vec<usize> = (0..self.entries.len()).collect();
        fn root(parent: &mut [usize], mut i: usize) -> usize {
            while parent[i] != i {
                parent[i] = parent[parent[i]];
                i = parent[i];
            }
            i
        }
        let mut reader = vec![usize::MAX; theta.len()];
        for (i, entry) in self.entries.iter().enumerate() {
            for p in entry.iter().flat_map(|m| &m.places) {
                if reader[*p] == usize::MAX {
                    reader[*p] = i;
                }
                let (a, b) = (root(&mut parent, reader[*p]), root(&mut parent, i));
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); self.entries.len()];
        for i in 0..self.entries.len() {
            let top = root(&mut parent, i);
            groups[top].push(i);
        }
        groups.retain(|g| !g.is_empty());
        Ok(groups)
    }
}

/// pdet K at a point.
#[derive(Clone, Debug)]
pub struct Volume {
    /// ½ log pdet K.
    pub log: f64,
    /// Its gradient with respect to θ: Σ_i (∇²w_i)(K⁺J)_i, d numbers.
    pub gradient: Vec<f64>,
    /// Rank of K, block by block: the dimension of the image of w.
    pub decisions: Vec<RankDecision>,
}

impl Volume {
    /// Rank of K.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.decisions.iter().map(|d| d.rank).sum()
    }
}

/// ½ log pdet K at θ, K = JJᵀ, with its gradient.
///
/// # Errors
/// Undefined at θ; floating linear algebra that does not converge.
pub fn volume(map: &dyn PredictorMap, theta: &[f64]) -> Result<Volume> {
    let jacobian = map.jacobian(theta)?;
    let (mut log, mut decisions) = (0.0, Vec::new());
    let mut found = Vec::new();
    for block in map.blocks(theta)? {
        let own = block_volume(&jacobian, &block)?;
        log += own.log;
        decisions.push(own.decision.clone());
        found.push((block, own));
    }
    // J is as large as what follows: not both at once.
    let (rows, d) = (jacobian.len(), theta.len());
    drop(jacobian);
    let mut dual = vec![vec![0.0; d]; rows];
    for (block, own) in found {
        for (a, i) in block.iter().enumerate() {
            for (column, x) in own.columns.iter().zip(own.dual.row(a)) {
                dual[*i][*column] = *x;
            }
        }
    }
    Ok(Volume {
        log,
        gradient: map.contracted(theta, &dual)?,
        decisions,
    })
}

/// One block of K.
struct BlockVolume {
    /// ½ log pdet.
    log: f64,
    decision: RankDecision,
    /// The coordinates of θ that the block reads.
    columns: Vec<usize>,
    /// K⁺J on these.
    dual: Matrix,
}

fn block_volume(jacobian: &[Vec<f64>], block: &[usize]) -> Result<BlockVolume> {
    let rows: Vec<&Vec<f64>> = block.iter().map(|i| &jacobian[*i]).collect();
    // Columns that no row of the block has are left out.
    let columns: Vec<usize> = (0..rows.first().map_or(0, |r| r.len()))
        .filter(|j| rows.iter().any(|r| r[*j] != 0.0))
        .collect();
    let n = rows.len();
    let j = Matrix::from_fn(n, columns.len(), |i, k| rows[i][columns[k]]);
    let mut space = RowSpace::new(columns.len());
    space.push_rows(&j).map_err(numerical)?;
    let decision = space
        .rank("J of the effective weights")
        .map_err(numerical)?;
    let (log, dual) = if columns.len() < n {
        thin(&j, decision.rank)?
    } else {
        wide(&j, decision.rank)?
    };
    Ok(BlockVolume {
        log,
        dual,
        decision,
        columns,
    })
}

/// The eigenvectors of a Gram matrix with the `rank` largest eigenvalues, and these.
fn largest(gram: &Matrix, rank: usize) -> Result<(Matrix, Vec<f64>)> {
    let eigen = symmetric_eigen(gram).map_err(numerical)?;
    let n = gram.rows;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| eigen.values[*b].total_cmp(&eigen.values[*a]));
    order.truncate(rank);
    let sizes = order
        .iter()
        .map(|e| eigen.values[*e].max(f64::MIN_POSITIVE))
        .collect();
    let vectors = Matrix::from_fn(n, order.len(), |i, e| eigen.vectors.row(i)[order[e]]);
    Ok((vectors, sizes))
}

/// ½ log pdet K and K⁺J from K = JJᵀ.
fn wide(j: &Matrix, rank: usize) -> Result<(f64, Matrix)> {
    let k = j.matmul(&j.transpose()).map_err(numerical)?;
    let (vectors, sizes) = largest(&k, rank)?;
    let scaled = Matrix::from_fn(vectors.rows, rank, |i, e| vectors.row(i)[e] / sizes[e]);
    let across = vectors.transpose_matmul(j).map_err(numerical)?;
    let dual = scaled.matmul(&across).map_err(numerical)?;
    Ok((sizes.iter().map(|s| s.ln() / 2.0).sum(), dual))
}

/// The same from JᵀJ, which has the same eigenvalues and is smaller: K⁺J = J(JᵀJ)⁺.
fn thin(j: &Matrix, rank: usize) -> Result<(f64, Matrix)> {
    let gram = j.transpose_matmul(j).map_err(numerical)?;
    let (vectors, sizes) = largest(&gram, rank)?;
    let scaled = Matrix::from_fn(vectors.rows, rank, |i, e| vectors.row(i)[e] / sizes[e]);
    let inverse = scaled.matmul(&vectors.transpose()).map_err(numerical)?;
    let dual = j.matmul(&inverse).map_err(numerical)?;
    Ok((sizes.iter().map(|s| s.ln() / 2.0).sum(), dual))
}
