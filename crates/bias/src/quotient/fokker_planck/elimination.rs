//! The stationary vector of a Markov chain whose states reach few neighbours, by the elimination of
//! Grassmann, Taksar and Heyman: censoring states one by one uses sums, products and quotients of
//! numbers ≥ 0, so that every entry has a small relative error, however small it is.
//!
//! Source: Grassmann, Taksar, Heyman, *Regenerative analysis and steady state distributions for Markov
//! chains*, Operations Research 33, 1985; O'Cinneide, *Entrywise perturbation theory and error analysis
//! for Markov chains*, 1993.

use symbias_model::error::{Error, ErrorKind, Result};

/// Rates between states that are at most `band` apart.
#[derive(Clone, Debug)]
pub(super) struct Rates {
    pub states: usize,
    pub band: usize,
    /// Rate from i to j at i·(2·band + 1) + j − i + band; what is on the diagonal is not read.
    entries: Vec<f64>,
}

/// Numbers in the band, at most: 400 MB.
const LARGEST: usize = 50_000_000;
/// Entries beyond it are scaled down, so that a law over hundreds of decades has numbers.
const HUGE: f64 = 1e200;

impl Rates {
    pub fn new(states: usize, band: usize) -> Result<Rates> {
        let size = states.saturating_mul(2 * band + 1);
        if size > LARGEST {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("{states} cells that reach {band} others take {size} numbers, more than {LARGEST}"),
            )
            .remedy("use fewer cells"));
        }
        Ok(Rates {
            states,
            band,
            entries: vec![0.0; size],
        })
    }

    fn at(&self, from: usize, to: usize) -> usize {
        from * (2 * self.band + 1) + to + self.band - from
    }

    pub fn add(&mut self, from: usize, to: usize, rate: f64) {
        let at = self.at(from, to);
        self.entries[at] += rate;
    }
}

/// π with πQ = 0, Σπ = 1; the rates are used up.
pub(super) fn stationary_vector(rates: &mut Rates) -> Result<Vec<f64>> {
    let band = rates.band;
    for n in (1..rates.states).rev() {
        let first = n.saturating_sub(band);
        let width = n - first;
        let row = rates.at(n, first);
        let (before, own) = rates.entries.split_at_mut(row);
        let own = &own[..width];
        let out: f64 = own.iter().sum();
        if out == 0.0 {
            // What is below is left for good, or is a world of its own.
            if !all_lead_to(rates, n) {
                return Err(divided());
            }
            return Ok(above(rates, n));
        }
        if !out.is_finite() {
            return Err(divided());
        }
        let stride = 2 * band + 1;
        for i in first..n {
            let start = i * stride + first + band - i;
            let enters = &mut before[start..start + width + 1];
            let share = enters[width] / out;
            enters[width] = share;
            if share != 0.0 {
                enters[..width]
                    .iter_mut()
                    .zip(own)
                    .for_each(|(q, r)| *q += share * r);
            }
        }
    }
    Ok(above(rates, 0))
}

/// π from the shares that elimination left, zero below a state that nothing leaves downwards.
fn above(rates: &Rates, base: usize) -> Vec<f64> {
    let mut pi = vec![0.0; rates.states];
    pi[base] = 1.0;
    for n in base + 1..rates.states {
        let first = n.saturating_sub(rates.band).max(base);
        let value = (first..n)
            .map(|i| pi[i] * rates.entries[rates.at(i, n)])
            .sum();
        pi[n] = value;
        if value > HUGE {
            pi[base..=n].iter_mut().for_each(|p| *p /= HUGE);
        }
    }
    let whole: f64 = pi.iter().sum();
    pi.iter_mut().for_each(|p| *p /= whole);
    pi
}

/// Whether every state below leads to this one, among the states that are left.
fn all_lead_to(rates: &Rates, goal: usize) -> bool {
    let mut reached = vec![false; goal + 1];
    reached[goal] = true;
    let (mut open, mut count) = (vec![goal], 1);
    while let Some(to) = open.pop() {
        let first = to.saturating_sub(rates.band);
        let near = reached[first..(to + rates.band + 1).min(goal)].iter_mut();
        for (from, seen) in (first..).zip(near).filter(|n| n.0 != to) {
            if !*seen && rates.entries[rates.at(from, to)] > 0.0 {
                *seen = true;
                count += 1;
                open.push(from);
            }
        }
    }
    count == goal + 1
}

fn divided() -> Error {
    Error::new(
        ErrorKind::Value,
        "no path leads from some cells to the others: there is more than one stationary law, or the cells are so coarse \
         that rates vanish",
    )
    .remedy("use a box that the process does not leave and is not divided in, or more cells")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three states in a circle, rates 1→2: 1, 2→3: 2, 3→1: 4, back 1/8 each: π = (109, 53, 29)/191, the null
    /// vector of the transposed generator over fractions, with SymPy. The twin: rates read backwards.
    #[test]
    fn a_circle_of_three() {
        let circle = [(0, 1, 1.0), (1, 2, 2.0), (2, 0, 4.0)];
        let law = |forwards: bool| {
            let mut rates = Rates::new(3, 2).expect("rates");
            for (i, j, r) in circle {
                let (i, j) = if forwards { (i, j) } else { (j, i) };
                rates.add(i, j, r);
                rates.add(j, i, 0.125);
            }
            stationary_vector(&mut rates).expect("a law")
        };
        let expected = [109.0 / 191.0, 53.0 / 191.0, 29.0 / 191.0];
        let error = |pi: &[f64]| -> f64 {
            let each = pi.iter().zip(expected).map(|(p, e)| (p - e).abs());
            each.fold(0.0, f64::max)
        };
        assert!(error(&law(true)) < 1e-15, "{:?}", law(true));
        assert!(error(&law(false)) > 0.1);
    }

    /// Birth and death with a ratio of 10⁻³: down to 10⁻²⁹⁷ entries keep their digits.
    #[test]
    fn small_entries_keep_their_digits() {
        let mut rates = Rates::new(100, 1).expect("rates");
        for i in 0..99 {
            rates.add(i, i + 1, 1.0);
            rates.add(i + 1, i, 1000.0);
        }
        let pi = stationary_vector(&mut rates).expect("a law");
        for (i, p) in pi.iter().enumerate() {
            let expected = 0.999 * 1000.0_f64.powi(-(i as i32));
            assert!((p / expected - 1.0).abs() < 1e-11, "{i}: {p}");
        }
    }

    /// A state that nothing leaves has all the mass, wherever it is in the order.
    #[test]
    fn what_is_left_for_good_has_no_mass() {
        for end in 0..5 {
            let mut rates = Rates::new(5, 1).expect("rates");
            for i in 0..4 {
                let (from, to) = if i < end { (i, i + 1) } else { (i + 1, i) };
                rates.add(from, to, 2.0);
            }
            let pi = stationary_vector(&mut rates).expect("a law");
            assert!(pi[end] == 1.0, "{end}: {pi:?}");
        }
    }

    #[test]
    fn two_worlds_have_no_one_law() {
        let mut rates = Rates::new(4, 1).expect("rates");
        for (i, j) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
            rates.add(i, j, 1.0);
        }
        assert!(stationary_vector(&mut rates).is_err());
    }
}
