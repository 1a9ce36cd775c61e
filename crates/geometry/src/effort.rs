//! What a search may cost: estimated before it begins, so that a model is never too large by its
//! number of parameters but by the work that its question needs.
//!
//! ```
//! use symbias_geometry::effort::Effort;
//! let small = Effort::null_space(100, 1000);
//! assert!(Effort::default().allows(small));
//! assert!(!Effort::default().allows(Effort::null_space(100_000, 1000)));
//! assert!(Effort::new(-1.0).is_none());
//! ```

/// Operations (multiplications and their like) that a single search may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort(f64);

/// Operations allowed by an effort of 1: some ten seconds of one core.
const UNIT: f64 = 1e11;
/// Share of the effort up to which a rank is decided in exact arithmetic.
const EXACTLY: f64 = 0.05;
/// Elements of memory allowed, whatever the effort: 2 GiB of numbers.
const NUMBERS: f64 = 2.7e8;
/// Operations of one instruction of a scalar program, forwards and backwards.
const INSTRUCTION: f64 = 24.0;
/// Multiplications modulo a prime cost so many of floating point.
const MODULAR: f64 = 6.0;

/// A cost that was estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Operations.
    pub operations: f64,
    /// Numbers in memory.
    pub numbers: f64,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort(1.0)
    }
}

impl Effort {
    /// `times` the default; `None` unless positive and finite.
    #[must_use]
    pub fn new(times: f64) -> Option<Effort> {
        (times > 0.0 && times.is_finite()).then_some(Effort(times))
    }

    /// In multiples of the default.
    #[must_use]
    pub fn times(self) -> f64 {
        self.0
    }

    /// Whether a search of this cost may begin.
    #[must_use]
    pub fn allows(self, cost: Cost) -> bool {
        cost.operations <= self.0 * UNIT && cost.numbers <= NUMBERS
    }

    /// The effort for a rank in exact arithmetic, where floating point would do at a smaller cost.
    #[must_use]
    pub fn exactly(self) -> Effort {
        Effort(self.0 * EXACTLY)
    }

    /// Rank of `rank` rows of J by elimination modulo a prime.
    #[must_use]
    pub fn exact_rank(rank: usize, d: usize, length: usize) -> Cost {
        let (r, n) = (rank as f64, length as f64);
        // Two points and some spare rows; rows as long as the rank, sketched.
        Cost {
            operations: 1.5 * MODULAR * (r * r * r + r * n * INSTRUCTION / 4.0),
            numbers: r * (r + 100.0).min(d as f64) + n,
        }
    }

    /// Rank of `rank` rows of J in floating point, at two points.
    #[must_use]
    pub fn floating_rank(rank: usize, length: usize) -> Cost {
        let (r, n) = (rank as f64, length as f64);
        Cost {
            operations: 2.0 * (2.0 * r * r * r + r * n * INSTRUCTION),
            // Entries and errors, as they are and scaled, and what a QR of them takes.
            numbers: 8.0 * r * r + n,
        }
    }

    /// Null space of `unknowns` unknowns, at `length` instructions an equation.
    #[must_use]
    pub fn null_space(unknowns: usize, length: usize) -> Cost {
        let (u, n) = (unknowns as f64, length as f64);
        Cost {
            operations: 2.5 * u * u * u + u * n * INSTRUCTION,
            numbers: 3.0 * u * u + n,
        }
    }
}

impl Cost {
    /// The same so many times, one after the other.
    #[must_use]
    pub fn times(self, times: f64) -> Cost {
        Cost {
            operations: self.operations * times,
            ..self
        }
    }

    /// The same with so many rows of J of a program of `length` instructions.
    #[must_use]
    pub fn with_rows(self, rows: usize, length: usize) -> Cost {
        Cost {
            operations: self.operations + rows as f64 * length as f64 * INSTRUCTION,
            ..self
        }
    }
}

/// Share of the effort that is spent on re-checking what is explained already.
const CHECK: f64 = 0.07;
/// Share of the effort that is spent on a rank that may turn out too large.
const TRY: f64 = 0.25;
/// Share of the effort that is spent on a further look.
const LOOK: f64 = 0.01;

impl Effort {
    /// The effort for a search that can only confirm.
    #[must_use]
    pub fn of_a_check(self) -> Effort {
        Effort(self.0 * CHECK)
    }

    /// The effort for a search that may find nothing.
    #[must_use]
    pub fn of_a_try(self) -> Effort {
        Effort(self.0 * TRY)
    }

    /// The effort for looking further where enough was seen by the usual measure.
    #[must_use]
    pub fn of_another_look(self) -> Effort {
        Effort(self.0 * LOOK)
    }

    /// What is left after a search of this cost.
    #[must_use]
    pub fn without(self, cost: Cost) -> Effort {
        Effort((self.0 - cost.operations / UNIT).max(0.0))
    }
}
