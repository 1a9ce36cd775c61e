//! The simple ideals of a reductive Lie algebra, through its centroid.
//!
//! The centroid of a semisimple 𝔰 is the algebra of linear maps T with [Tx, y] = T[x, y]: one
//! copy of ℝ per simple ideal, or of ℂ if the ideal is complex. A T is known by its values
//! c_i = T y_i on a few random y_i, where c_i commutes with y_i and [c_i, y_j] = [y_i, c_j]:
//! a small linear system on centralisers. The idempotents of the centroid project on the ideals.
//! They are found from the multiplication by a random element, a small matrix L whose spectrum
//! is split by matrix signs.

use super::decision::RankDecision;
use super::name::{self, Lacing};
use super::structure::{StructureConstants, signature};
use super::{decision, lacing};
use symbias_numerics::Error;
use symbias_numerics::dense::{Matrix, least_squares, svd};
use symbias_numerics::random::Stream;

/// Random elements on which a T of the centroid is known.
const PROBES: usize = 3;

/// A simple ideal of the algebra.
#[derive(Clone, Debug)]
pub struct Ideal {
    /// Its name.
    pub name: String,
    /// Its dimension.
    pub dimension: usize,
    /// Real dimension of a Cartan subalgebra.
    pub rank: usize,
    /// Dimension of a maximal compact subalgebra.
    pub compact: usize,
    /// Whether it is a complex Lie algebra.
    pub complex: bool,
    /// Orthonormal columns that span it, in coordinates of the algebra's basis.
    pub basis: Matrix,
}

/// The semisimple part with random probes: everything m × m, in the columns of `derived`.
struct Semisimple<'a> {
    constants: &'a StructureConstants,
    derived: &'a Matrix,
    /// Probes y_i.
    probes: Vec<Matrix>,
    /// ad(y_i).
    adjoints: Vec<Matrix>,
    /// Orthonormal columns that span the centraliser of y_i.
    centralisers: Vec<Matrix>,
}

/// Splits the semisimple part of a reductive algebra, spanned by the orthonormal columns of
/// `derived`, into simple ideals.
///
/// # Errors
/// If a decomposition fails.
pub(crate) fn simple_ideals(
    constants: &StructureConstants,
    derived: &Matrix,
    killing: &Matrix,
    decisions: &mut Vec<RankDecision>,
) -> Result<Vec<Ideal>, Error> {
    if derived.cols == 0 {
        return Ok(vec![]);
    }
    let semisimple = Semisimple::new(constants, derived, decisions)?;
    let values = semisimple.centroid(decisions)?;
    let form = derived.transpose_matmul(&killing.matmul(derived)?)?;
    let projectors = semisimple.projectors(&values)?;
    projectors
        .iter()
        .map(|(projector, complex)| semisimple.ideal(projector, *complex, &form))
        .collect()
}

impl<'a> Semisimple<'a> {
    fn new(
        constants: &'a StructureConstants,
        derived: &'a Matrix,
        decisions: &mut Vec<RankDecision>,
    ) -> Result<Self, Error> {
        let m = derived.cols;
        let mut random = Stream::new(0x5eed, 0, 0);
        let mut found = Semisimple {
            constants,
            derived,
            probes: vec![],
            adjoints: vec![],
            centralisers: vec![],
        };
        for _ in 0..PROBES {
            let mut y = vec![0.0; m];
            random.fill_normal(&mut y);
            let y = Matrix::from_vec(m, 1, y)?;
            let ad = found.adjoint(&y.data)?;
            let (null, decision) = null_space("centraliser of a random element", &ad)?;
            decisions.push(decision);
            found.probes.push(y);
            found.adjoints.push(ad);
            found.centralisers.push(null);
        }
        Ok(found)
    }

    /// ad(x) on the semisimple part, x in the columns of `derived`.
    fn adjoint(&self, x: &[f64]) -> Result<Matrix, Error> {
        let ad = self.constants.adjoint(&self.derived.apply(x)?);
        self.derived.transpose_matmul(&ad.matmul(self.derived)?)
    }

    /// For each element of a basis of the centroid its values c_i on the probes.
    fn centroid(&self, decisions: &mut Vec<RankDecision>) -> Result<Vec<Vec<Vec<f64>>>, Error> {
        let m = self.derived.cols;
        let starts: Vec<usize> = self
            .centralisers
            .iter()
            .scan(0, |at, c| {
                *at += c.cols;
                Some(*at - c.cols)
            })
            .collect();
        let unknowns: usize = self.centralisers.iter().map(|c| c.cols).sum();
        let mut system = Matrix::zeros(PROBES * (PROBES - 1) / 2 * m, unknowns);
        let mut top = 0;
        for i in 0..PROBES {
            for j in i + 1..PROBES {
                // 0 = [y_j, c_i] + [y_i, c_j]
                for (of, by) in [(i, j), (j, i)] {
                    let block = self.adjoints[by].matmul(&self.centralisers[of])?;
                    for r in 0..m {
                        for c in 0..block.cols {
                            system[(top + r, starts[of] + c)] = block[(r, c)];
                        }
                    }
                }
                top += m;
            }
        }
        let (null, decision) = null_space("centroid", &system)?;
        decisions.push(decision);
        (0..null.cols)
            .map(|a| {
                (0..PROBES)
                    .map(|i| {
                        let part =
                            &null.column(a)[starts[i]..starts[i] + self.centralisers[i].cols];
                        self.centralisers[i].apply(part)
                    })
                    .collect()
            })
            .collect()
    }

    /// The maps T of these values: T [ad y₁ | ad y₂] = [ad c₁ | ad c₂], by least squares.
    fn maps(&self, values: &[Vec<Vec<f64>>]) -> Result<Vec<Matrix>, Error> {
        let m = self.derived.cols;
        let stack = |blocks: &[&Matrix]| {
            // Transposes, one under the other.
            Matrix::from_fn(2 * m, m, |i, j| blocks[i / m][(j, i % m)])
        };
        let left = stack(&[&self.adjoints[0], &self.adjoints[1]]);
        let mut right = Matrix::zeros(2 * m, m * values.len());
        for (a, value) in values.iter().enumerate() {
            let block = stack(&[&self.adjoint(&value[0])?, &self.adjoint(&value[1])?]);
            for i in 0..2 * m {
                right.row_mut(i)[a * m..(a + 1) * m].copy_from_slice(block.row(i));
            }
        }
        let solution = least_squares(&left, &right)?;
        Ok((0..values.len())
            .map(|a| Matrix::from_fn(m, m, |i, j| solution[(j, a * m + i)]))
            .collect())
    }

    /// Projectors on the simple ideals, and whether each is complex.
    fn projectors(&self, values: &[Vec<Vec<f64>>]) -> Result<Vec<(Matrix, bool)>, Error> {
        let (m, k) = (self.derived.cols, values.len());
        if k == 1 {
            return Ok(vec![(Matrix::identity(m), false)]);
        }
        let maps = self.maps(values)?;
        let on_probe = Matrix::from_fn(m, k, |i, a| values[a][0][i]);
        let mut weights = vec![0.0; k];
        Stream::new(0x5eed, 1, 0).fill_normal(&mut weights);
        let mut random = Matrix::zeros(m, m);
        for (map, weight) in maps.iter().zip(&weights) {
            random = random.add_scaled(*weight, map)?;
        }
        let multiplication = least_squares(&on_probe, &random.matmul(&on_probe)?)?;
        let one = least_squares(&on_probe, &self.probes[0])?.data;
        let mut pieces = Vec::new();
        split_spectrum(&multiplication, Matrix::identity(k), &mut pieces)?;
        // The unit of the centroid is the sum of the idempotents.
        let all = Matrix::from_fn(k, k, {
            let columns: Vec<Vec<f64>> = pieces
                .iter()
                .flat_map(|(b, _)| (0..b.cols).map(|j| b.column(j)))
                .collect();
            move |i, j| columns[j][i]
        });
        let parts = least_squares(&all, &Matrix::from_vec(k, 1, one)?)?.data;
        let mut at = 0;
        let mut out = Vec::new();
        for (basis, complex) in &pieces {
            let idempotent = basis.apply(&parts[at..at + basis.cols])?;
            at += basis.cols;
            let mut projector = Matrix::zeros(m, m);
            for (map, weight) in maps.iter().zip(&idempotent) {
                projector = projector.add_scaled(*weight, map)?;
            }
            out.push((projector, *complex));
        }
        Ok(out)
    }

    /// What the projector's range is called.
    fn ideal(&self, projector: &Matrix, complex: bool, form: &Matrix) -> Result<Ideal, Error> {
        let trace = |m: &Matrix| (0..m.rows).map(|i| m[(i, i)]).sum::<f64>();
        let dimension = trace(projector).round().max(0.0) as usize;
        let centraliser = &self.centralisers[0];
        let within = centraliser.transpose_matmul(&projector.matmul(centraliser)?)?;
        let rank = trace(&within).round().max(0.0) as usize;
        let u = svd(projector)?.u;
        let local = Matrix::from_fn(u.rows, dimension.min(u.cols), |i, j| u[(i, j)]);
        let restricted = local.transpose_matmul(&form.matmul(&local)?)?;
        let (compact, _) = signature(&restricted, restricted.max_abs())?;
        let lacing = if !complex && rank >= 3 && dimension == rank * (2 * rank + 1) {
            lacing::of(&projector.matmul(&self.adjoints[0])?, rank)?
        } else {
            Lacing::Orthogonal
        };
        Ok(Ideal {
            name: name::simple(dimension, rank, complex, compact, lacing),
            dimension,
            rank,
            compact,
            complex,
            basis: self.derived.matmul(&local)?,
        })
    }
}

/// Orthonormal columns that span the null space.
pub(crate) fn null_space(what: &str, a: &Matrix) -> Result<(Matrix, RankDecision), Error> {
    // The thin SVD of a wide matrix lacks part of the null space.
    let tall = Matrix::from_fn(a.rows.max(a.cols), a.cols, |i, j| {
        if i < a.rows { a[(i, j)] } else { 0.0 }
    });
    let found = svd(&tall)?;
    let decision = decision::singular(what, &found.s, a.rows, a.cols);
    let rank = decision.rank;
    let null = Matrix::from_fn(a.cols, a.cols - rank, |i, j| found.v[(i, rank + j)]);
    Ok((null, decision))
}

/// Splits the invariant subspace spanned by the columns of `basis` until each piece has one real
/// eigenvalue, or one complex pair.
fn split_spectrum(
    l: &Matrix,
    basis: Matrix,
    pieces: &mut Vec<(Matrix, bool)>,
) -> Result<(), Error> {
    let s = basis.cols;
    if s == 1 {
        pieces.push((basis, false));
        return Ok(());
    }
    let local = least_squares(&basis, &l.matmul(&basis)?)?;
    if s == 2 {
        let difference = local[(0, 0)] - local[(1, 1)];
        if difference * difference + 4.0 * local[(0, 1)] * local[(1, 0)] < 0.0 {
            pieces.push((basis, true));
            return Ok(());
        }
    }
    let mean = (0..s).map(|i| local[(i, i)]).sum::<f64>() / s as f64;
    let sign = matrix_sign(&local.add_scaled(-mean, &Matrix::identity(s))?)?;
    for side in [1.0, -1.0] {
        let projector = Matrix::identity(s).add_scaled(side, &sign)?.scaled(0.5);
        let rank = (0..s).map(|i| projector[(i, i)]).sum::<f64>().round();
        if !(1.0..s as f64).contains(&rank) {
            // Equal real parts, which random weights do not give.
            return Err(Error::NoConvergence {
                what: "splitting into simple ideals",
                rows: s,
                cols: s,
            });
        }
        let u = svd(&projector)?.u;
        let columns = Matrix::from_fn(s, rank as usize, |i, j| u[(i, j)]);
        split_spectrum(l, basis.matmul(&columns)?, pieces)?;
    }
    Ok(())
}

/// sign(A) by Newton's iteration X ← (μX + (μX)⁻¹)/2 with norm scaling (Higham, *Functions of
/// matrices*, §5.5).
fn matrix_sign(a: &Matrix) -> Result<Matrix, Error> {
    let one = Matrix::identity(a.rows);
    let mut x = a.clone();
    for _ in 0..60 {
        let inverse = least_squares(&x, &one)?;
        let mu = (inverse.norm() / x.norm()).sqrt();
        let next = x.scaled(mu).add_scaled(1.0 / mu, &inverse)?.scaled(0.5);
        let step = next.add_scaled(-1.0, &x)?.norm();
        x = next;
        if step <= 1e-13 * x.norm() {
            break;
        }
    }
    Ok(x)
}
