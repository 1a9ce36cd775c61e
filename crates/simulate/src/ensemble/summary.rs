//! What is kept of replicas beyond those whose numbers are kept: of each number at each look how many are finite, their mean
//! and variance, the extremes, and a histogram that tells quantiles.
//!
//! Means are of a tree over the numbers of the replicas: the node of replicas k·2ʲ to (k+1)·2ʲ is made of its halves (Chan,
//! Golub and LeVeque, 1983). A range of replicas has one set of largest nodes, whatever order they came in: threads, tiles,
//! interruptions and shards leave the bits alone.

use super::histogram::Histogram;
use std::collections::BTreeMap;
use std::ops::Range;
use symbias_model::data::{Array, Named};
use symbias_model::error::{Error, ErrorKind, Result};

/// Mean and spread of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many of them are finite.
    pub count: f64,
    /// Their mean.
    pub mean: f64,
    /// Σ (x − mean)².
    pub squares: f64,
}

impl Moments {
    /// Of one number; of none if it is not finite.
    #[inline(always)]
    fn of(x: f64) -> Moments {
        match x.is_finite() {
            true => Moments {
                count: 1.0,
                mean: x,
                squares: 0.0,
            },
            false => Moments::default(),
        }
    }

    /// Of both.
    #[inline(always)]
    fn with(self, other: Moments) -> Moments {
        if self.count == other.count {
            let apart = other.mean - self.mean;
            return Moments {
                count: self.count + other.count,
                mean: 0.5 * (self.mean + other.mean),
                squares: self.squares + other.squares + apart * apart * (0.5 * self.count),
            };
        }
        if self.count == 0.0 || other.count == 0.0 {
            return if self.count == 0.0 { other } else { self };
        }
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        let share = other.count / count;
        Moments {
            count,
            mean: self.mean + apart * share,
            squares: self.squares + other.squares + apart * apart * (self.count * share),
        }
    }

    /// Σ (x − mean)²/(n − 1); no number of fewer than two.
    #[must_use]
    pub fn variance(&self) -> f64 {
        match self.count > 1.0 {
            true => self.squares / (self.count - 1.0),
            false => f64::NAN,
        }
    }
}

/// The moments of all numbers at so many replicas, a power of two.
type Node = (u64, Vec<Moments>);

/// All numbers at all looks, over replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Numbers of each replica: looks × numbers of a look.
    numbers: usize,
    /// Replicas that diverged.
    diverged: u64,
    /// By first replica.
    nodes: BTreeMap<u64, Node>,
    /// By number: the least and the largest that is finite.
    extremes: Vec<(f64, f64)>,
    histograms: Vec<Histogram>,
}

/// The nodes of replicas, number by number from the replicas of each.
fn tree(replicas: &Range<u64>, values: &[f64], numbers: usize) -> BTreeMap<u64, Node> {
    let count = (replicas.end - replicas.start) as usize;
    let mut nodes = BTreeMap::new();
    let mut at = replicas.start;
    let mut level = Vec::with_capacity(count);
    while at < replicas.end {
        let largest = 1 << (replicas.end - at).ilog2();
        let size = largest.min(if at == 0 {
            largest
        } else {
            1 << at.trailing_zeros()
        });
        let own = (at - replicas.start) as usize..(at - replicas.start + size) as usize;
        let root = |k: usize| {
            level.clear();
            level.extend(
                values[k * count..][own.clone()]
                    .iter()
                    .map(|x| Moments::of(*x)),
            );
            while level.len() > 1 {
                for i in 0..level.len() / 2 {
                    level[i] = level[2 * i].with(level[2 * i + 1]);
                }
                level.truncate(level.len() / 2);
            }
            level[0]
        };
        nodes.insert(at, (size, (0..numbers).map(root).collect()));
        at += size;
    }
    nodes
}

/// Replicas in a row with their nodes, which are made without a lock.
pub(super) struct Part {
    count: usize,
    values: Vec<f64>,
    nodes: BTreeMap<u64, Node>,
    diverged: u64,
}

impl Part {
    /// `values` number by number, replicas innermost.
    pub fn new(replicas: &Range<u64>, values: Vec<f64>, diverged: u64) -> Part {
        let count = (replicas.end - replicas.start) as usize;
        Part {
            nodes: tree(replicas, &values, values.len() / count.max(1)),
            count: count.max(1),
            values,
            diverged,
        }
    }
}

impl Summary {
    /// Of no replicas, with so many numbers each.
    #[must_use]
    pub fn new(numbers: usize) -> Summary {
        Summary {
            numbers,
            diverged: 0,
            nodes: BTreeMap::new(),
            extremes: vec![(f64::INFINITY, f64::NEG_INFINITY); numbers],
            histograms: vec![Histogram::default(); numbers],
        }
    }

    /// Adds replicas, in any order.
    pub(super) fn add(&mut self, part: Part) {
        self.diverged += part.diverged;
        let each = self.extremes.iter_mut().zip(&mut self.histograms);
        for ((extremes, histogram), values) in each.zip(part.values.chunks_exact(part.count)) {
            let finite = || values.iter().copied().filter(|x| x.is_finite());
            *extremes = finite().fold(*extremes, |e, x| (e.0.min(x), e.1.max(x)));
            histogram.add(finite());
        }
        for (start, node) in part.nodes {
            self.insert(start, node);
        }
    }

    /// Adds the replicas of another one, in any order.
    pub fn extend(&mut self, other: Summary) {
        self.diverged += other.diverged;
        for (own, other) in self.extremes.iter_mut().zip(other.extremes) {
            *own = (own.0.min(other.0), own.1.max(other.1));
        }
        for (own, other) in self.histograms.iter_mut().zip(other.histograms) {
            own.extend(other);
        }
        for (start, node) in other.nodes {
            self.insert(start, node);
        }
    }

    /// Puts a node beside the others; two halves become one.
    fn insert(&mut self, mut start: u64, mut node: Node) {
        loop {
            let size = node.0;
            let (left, right) = (start & !size, start | size);
            let other = if start == left { right } else { left };
            if self.nodes.get(&other).is_none_or(|o| o.0 != size) {
                self.nodes.insert(start, node);
                return;
            }
            let Some((_, other)) = self.nodes.remove(&other) else {
                return;
            };
            let (first, second) = match start == left {
                true => (node.1, other),
                false => (other, node.1),
            };
            let both = first.into_iter().zip(second).map(|(a, b)| a.with(b));
            (start, node) = (left, (2 * size, both.collect()));
        }
    }

    /// Bytes that a run of so many numbers for each replica takes, about: groups in work, and the summary itself, whose
    /// numbers are taken to spread over eight octaves, or one for every halving of the replicas where they go through 0.
    #[must_use]
    pub fn bytes(numbers: u128, replicas: u128, threads: usize) -> (u128, u128) {
        let halvings = u128::from(replicas.max(1).ilog2()) + 1;
        let group = 3 * 8 * replicas.min(u128::from(super::GROUP)) * threads as u128;
        let nodes = 24 * (halvings + threads as u128);
        let pages = 8.max(halvings) * (4 * Histogram::BINS as u128 + 32);
        (numbers * group, numbers * (nodes + pages))
    }

    /// The replicas, as far as they are in a row from the first.
    #[must_use]
    pub fn replicas(&self) -> Range<u64> {
        let start = self.nodes.first_key_value().map_or(0, |n| *n.0);
        let mut end = start;
        for (at, (size, _)) in &self.nodes {
            if *at != end {
                break;
            }
            end += size;
        }
        start..end
    }

    /// Replicas that diverged.
    #[must_use]
    pub fn diverged(&self) -> u64 {
        self.diverged
    }

    /// Numbers of each replica: looks × numbers of a look.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.numbers
    }

    /// Count, mean and variance of a number.
    #[must_use]
    pub fn moments(&self, number: usize) -> Moments {
        let nodes = self.nodes.values().map(|n| n.1[number]);
        nodes.reduce(Moments::with).unwrap_or_default()
    }

    /// The least and the largest of a number; infinities the wrong way round of none.
    #[must_use]
    pub fn extremes(&self, number: usize) -> (f64, f64) {
        self.extremes[number]
    }

    /// The number below which a share `q` of the values of some numbers together lies: within 2⁻⁷ of its size of a value
    /// there (0.8 %), and exactly the least and the largest at 0 and 1. No number of none.
    #[must_use]
    pub fn quantile(&self, numbers: &[usize], q: f64) -> f64 {
        let ends = numbers.iter().map(|n| self.extremes[*n]);
        let ends = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((low, high)) = ends.filter(|e| e.0 <= e.1) else {
            return f64::NAN;
        };
        let of = |n: &usize| &self.histograms[*n];
        match q {
            q if q <= 0.0 => low,
            q if q >= 1.0 => high,
            q => Histogram::quantile(numbers.iter().map(of), q).clamp(low, high),
        }
    }

    /// Everything of it, to be written.
    #[must_use]
    pub fn arrays(&self) -> Vec<Named> {
        let numbers = self.numbers;
        let nodes = || self.nodes.values().flat_map(|n| &n.1);
        let shape = vec![self.nodes.len(), numbers];
        let ranges = self
            .nodes
            .iter()
            .flat_map(|(at, n)| [*at as f64, n.0 as f64]);
        let (mut pages, mut counts) = (Vec::new(), Vec::new());
        for (number, histogram) in self.histograms.iter().enumerate() {
            for (page, own) in histogram.pages() {
                pages.extend([number as f64, f64::from(page)]);
                counts.extend(own.iter().map(|c| f64::from(*c)));
            }
        }
        let extremes = self.extremes.iter().flat_map(|e| [e.0, e.1]);
        let array =
            |name: &str, shape: Vec<usize>, entries: Vec<f64>| (name.to_owned(), shape, entries);
        vec![
            array("diverged", vec![1], vec![self.diverged as f64]),
            array("ranges", vec![self.nodes.len(), 2], ranges.collect()),
            array("counts", shape.clone(), nodes().map(|m| m.count).collect()),
            array("means", shape.clone(), nodes().map(|m| m.mean).collect()),
            array("squares", shape, nodes().map(|m| m.squares).collect()),
            array("extremes", vec![numbers, 2], extremes.collect()),
            array("pages", vec![pages.len() / 2, 2], pages),
            array(
                "bins",
                vec![counts.len() / Histogram::BINS, Histogram::BINS],
                counts,
            ),
        ]
    }

    /// What [`Summary::arrays`] has written; arrays are found by name.
    ///
    /// # Errors
    /// Arrays that are missing, or of other sizes.
    pub fn read<'a>(numbers: usize, array: impl Fn(&str) -> Option<&'a Array>) -> Result<Summary> {
        let wrong = |name: &str| {
            Error::new(
                ErrorKind::File,
                format!("the summary has no `{name}`, or of another size"),
            )
            .remedy("run it again, in another folder")
        };
        let of = |name: &str, len: usize| -> Result<&'a [f64]> {
            let found = array(name).map(|a| a.entries.as_slice());
            found.filter(|e| e.len() == len).ok_or_else(|| wrong(name))
        };
        let rows = |name: &str| array(name).map_or(0, |a| a.entries.len() / 2);
        let mut own = Summary::new(numbers);
        own.diverged = of("diverged", 1)?[0] as u64;
        let k = rows("ranges");
        let ranges = of("ranges", 2 * k)?;
        let (counts, means) = (of("counts", k * numbers)?, of("means", k * numbers)?);
        let squares = of("squares", k * numbers)?;
        for (k, range) in ranges.chunks_exact(2).enumerate() {
            let (start, size) = (range[0] as u64, range[1] as u64);
            if !size.is_power_of_two() || start % size != 0 {
                return Err(wrong("ranges"));
            }
            let moments = (k * numbers..(k + 1) * numbers).map(|i| Moments {
                count: counts[i],
                mean: means[i],
                squares: squares[i],
            });
            own.nodes.insert(start, (size, moments.collect()));
        }
        let extremes = of("extremes", 2 * numbers)?.chunks_exact(2);
        own.extremes = extremes.map(|e| (e[0], e[1])).collect();
        let pages = rows("pages");
        let bins = of("bins", pages * Histogram::BINS)?.chunks_exact(Histogram::BINS);
        for (page, bins) in of("pages", 2 * pages)?.chunks_exact(2).zip(bins) {
            let histogram = own.histograms.get_mut(page[0] as usize);
            histogram
                .ok_or_else(|| wrong("pages"))?
                .put(page[1] as i32, bins);
        }
        Ok(own)
    }
}
