//! Counts of numbers by sign, octave and 64th of an octave: whatever their scale, no bin is wider than 2⁻⁶ of its numbers.

/// Bits of a number below those that name its bin.
const BELOW: u32 = 52 - Histogram::BINS.ilog2();

/// A histogram of finite numbers. Counts add up in any order to the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    /// Octaves with numbers, in order of the numbers in them.
    pages: Vec<(i32, Box<[u32; Histogram::BINS]>)>,
}

/// Octave and bin of a number, in the order of numbers.
fn place(x: f64) -> (i32, usize) {
    let size = x.abs().to_bits() >> BELOW;
    let (octave, bin) = (
        (size / Histogram::BINS as u64) as i32,
        size as usize % Histogram::BINS,
    );
    match x.is_sign_negative() {
        false => (octave, bin),
        true => (-1 - octave, Histogram::BINS - 1 - bin),
    }
}

/// The middle of a bin.
fn middle(octave: i32, bin: usize) -> f64 {
    let (sign, octave, bin) = match octave < 0 {
        false => (1.0, octave, bin),
        true => (-1.0, -1 - octave, Histogram::BINS - 1 - bin),
    };
    let size = octave as u64 * Histogram::BINS as u64 + bin as u64;
    sign * f64::from_bits(size << BELOW | 1 << (BELOW - 1))
}

impl Histogram {
    /// Bins of an octave.
    pub const BINS: usize = 64;

    /// Where an octave is.
    fn at(&mut self, octave: i32) -> usize {
        let found = self.pages.binary_search_by_key(&octave, |p| p.0);
        found.unwrap_or_else(|at| {
            self.pages
                .insert(at, (octave, Box::new([0; Histogram::BINS])));
            at
        })
    }

    /// Adds finite numbers.
    pub fn add(&mut self, numbers: impl Iterator<Item = f64>) {
        let mut at = 0;
        for x in numbers {
            let (octave, bin) = place(x);
            // Numbers of one kind are mostly of few octaves.
            if self.pages.get(at).is_none_or(|p| p.0 != octave) {
                at = self.at(octave);
            }
            let count = &mut self.pages[at].1[bin];
            *count = count.saturating_add(1);
        }
    }

    pub fn extend(&mut self, other: Histogram) {
        for (octave, own) in other.pages {
            match self.pages.binary_search_by_key(&octave, |p| p.0) {
                Err(at) => self.pages.insert(at, (octave, own)),
                Ok(at) => {
                    for (count, more) in self.pages[at].1.iter_mut().zip(own.iter()) {
                        *count = count.saturating_add(*more);
                    }
                }
            }
        }
    }

    /// Octaves with numbers, and the counts of their bins.
    pub fn pages(&self) -> impl Iterator<Item = (i32, &[u32; Histogram::BINS])> {
        self.pages.iter().map(|p| (p.0, &*p.1))
    }

    /// An octave as it was written.
    pub fn put(&mut self, octave: i32, bins: &[f64]) {
        let at = self.at(octave);
        let own = self.pages[at].1.iter_mut();
        own.zip(bins).for_each(|(c, x)| *c = *x as u32);
    }

    /// The middle of the bin in which a share `q` of the numbers of all of them lies.
    pub fn quantile<'h>(all: impl Iterator<Item = &'h Histogram>, q: f64) -> f64 {
        let mut pages: Vec<_> = all.flat_map(Histogram::pages).collect();
        pages.sort_by_key(|p| p.0);
        let of = |p: &[u32; Histogram::BINS]| p.iter().map(|c| u64::from(*c)).sum::<u64>();
        let total: u64 = pages.iter().map(|p| of(p.1)).sum();
        let rank = (q * total.saturating_sub(1) as f64).round() as u64;
        let mut below = 0;
        for octave in pages.chunk_by(|a, b| a.0 == b.0) {
            for bin in 0..Histogram::BINS {
                below += octave.iter().map(|p| u64::from(p.1[bin])).sum::<u64>();
                if below > rank {
                    return middle(octave[0].0, bin);
                }
            }
        }
        f64::NAN
    }
}
