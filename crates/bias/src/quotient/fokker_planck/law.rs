//! A law on the cells of a grid: densities, marginals, moments, quantiles, probabilities.

use super::axis::Axis;
use symbias_model::error::{Error, ErrorKind, Result};

/// A stationary law as the mass of each cell, the last axis innermost.
#[derive(Clone, Debug, PartialEq)]
pub struct Stationary {
    axes: Vec<Axis>,
    mass: Vec<f64>,
    rounded: f64,
}

impl Stationary {
    pub(super) fn new(axes: Vec<Axis>, mass: Vec<f64>, rounded: f64) -> Stationary {
        Stationary {
            axes,
            mass,
            rounded,
        }
    }

    /// The axes.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The mass of each cell, the last axis innermost; they add up to 1.
    #[must_use]
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// The mean density on each cell: its mass over its volume.
    #[must_use]
    pub fn density(&self) -> Vec<f64> {
        let widths: Vec<Vec<f64>> = self
            .axes
            .iter()
            .map(|a| a.edges().windows(2).map(|e| e[1] - e[0]).collect())
            .collect();
        self.each()
            .map(|(cell, mass)| {
                let volume: f64 = cell.iter().zip(&widths).map(|(i, w)| w[*i]).product();
                mass / volume
            })
            .collect()
    }

    /// The mass on cells at the boundary of the box. At an end where the process itself ends it is
    /// part of the law; elsewhere it should be next to nothing.
    #[must_use]
    pub fn boundary(&self) -> f64 {
        let at_end = |cell: &[usize]| {
            let mut ends = cell.iter().zip(&self.axes);
            ends.any(|(i, a)| *i == 0 || *i + 1 == a.cells())
        };
        self.each().filter(|(c, _)| at_end(c)).map(|(_, m)| m).sum()
    }

    /// The largest share of a cross term of the diffusion that was given up because the noise is almost
    /// one-dimensional across the grid; 0 where the equation solved is the one asked for.
    #[must_use]
    pub fn rounded(&self) -> f64 {
        self.rounded
    }

    /// The law of one coordinate.
    ///
    /// # Errors
    /// No such axis.
    pub fn marginal(&self, axis: usize) -> Result<Stationary> {
        let own = *self.axes.get(axis).ok_or_else(|| {
            Error::new(
                ErrorKind::Index,
                format!("axis {axis} of a law with {}", self.axes.len()),
            )
            .remedy("axes are counted from 0")
        })?;
        let mut mass = vec![0.0; own.cells()];
        self.each().for_each(|(cell, m)| mass[cell[axis]] += m);
        Ok(Stationary::new(vec![own], mass, self.rounded))
    }

    /// E f(x), by the middles of the cells.
    #[must_use]
    pub fn mean(&self, f: impl Fn(&[f64]) -> f64) -> f64 {
        let centres: Vec<Vec<f64>> = self
            .axes
            .iter()
            .map(|a| (0..a.cells()).map(|i| a.centre(i)).collect())
            .collect();
        self.each()
            .map(|(cell, mass)| {
                let x: Vec<f64> = cell.iter().zip(&centres).map(|(i, c)| c[*i]).collect();
                mass * f(&x)
            })
            .sum()
    }

    /// The quantile of a coordinate at a level between 0 and 1.
    ///
    /// # Errors
    /// No such axis; another level.
    pub fn quantile(&self, axis: usize, level: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&level) {
            return Err(
                Error::new(ErrorKind::Value, format!("a quantile at the level {level}"))
                    .remedy("give a number between 0 and 1"),
            );
        }
        let own = self.marginal(axis)?;
        let (axis, mut before) = (own.axes[0], 0.0);
        for (i, mass) in own.mass.iter().enumerate() {
            if before + mass >= level && *mass > 0.0 {
                let share = ((level - before) / mass).clamp(0.0, 1.0);
                return Ok(axis.at((i as f64 + share) / axis.cells() as f64));
            }
            before += mass;
        }
        Ok(axis.upper())
    }

    /// The probability of a box, (from, to) for each axis; cells that it cuts count in part.
    ///
    /// # Errors
    /// Not one interval for each axis.
    pub fn probability(&self, intervals: &[(f64, f64)]) -> Result<f64> {
        if intervals.len() != self.axes.len() {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("{} intervals for {} axes", intervals.len(), self.axes.len()),
            )
            .remedy("give one for each axis"));
        }
        let cells: Vec<(f64, f64)> = intervals
            .iter()
            .zip(&self.axes)
            .map(|((from, to), a)| {
                let n = a.cells() as f64;
                (n * a.inverse(*from), n * a.inverse(*to))
            })
            .collect();
        let covered = |(i, (from, to)): (&usize, &(f64, f64))| {
            let i = *i as f64;
            (to.min(i + 1.0) - from.max(i)).max(0.0)
        };
        let each = self
            .each()
            .map(|(c, m)| m * c.iter().zip(&cells).map(covered).product::<f64>());
        Ok(each.sum())
    }

    /// Every cell with its mass.
    fn each(&self) -> impl Iterator<Item = (Vec<usize>, f64)> + '_ {
        let inner = self.axes.get(1).map_or(1, Axis::cells);
        self.mass.iter().enumerate().map(move |(n, mass)| {
            let cell = [n / inner, n % inner];
            (cell[..self.axes.len()].to_vec(), *mass)
        })
    }
}
