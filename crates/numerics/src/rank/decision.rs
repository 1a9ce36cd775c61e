//! [`RankDecision`] and the two rules that make one from magnitudes: with a threshold, and with a known noise.

/// How far a rank can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clarity {
    /// Exact arithmetic decided.
    Exact,
    /// A gap of at least [`CLEAR_GAP`] between what was kept and what was dropped, and where the noise is known, what was kept
    /// stands ten times above it; or nothing was dropped, and all stands at least [`CLEAR_MARGIN`] above the noise;
    /// or all is noise.
    Clear,
    /// Neither: look at more points, then with more digits, then say that it is open.
    Weak,
}

/// The gap from which on a floating rank is stated as a fact.
pub const CLEAR_GAP: f64 = 1e4;

/// How far above the noise the smallest magnitude has to stand where none was dropped.
pub const CLEAR_MARGIN: f64 = 1e2;

/// How far above the noise the smallest magnitude that is kept has to stand where others were dropped. The bound on the rounding
/// of a decomposition holds in practice and not by proof, and what was dropped may be zeros of the structure, which are
/// no measure of it.
pub const CLEAR_OF_NOISE: f64 = 10.0;

/// A rank, and why it is that number.
#[derive(Debug, Clone, PartialEq)]
pub struct RankDecision {
    /// What the rank is of, in words of the caller.
    pub what: String,
    /// Rows of the matrix, or samples.
    pub rows: usize,
    /// Columns of the matrix, or unknowns.
    pub cols: usize,
    /// The rank decided on.
    pub rank: usize,
    /// Last kept magnitude over first dropped one: ∞ if nothing was dropped, or only exact zeros, or if the decision is
    /// exact. A gap of 10^6 or more is convincing; one near 1 says that the rank is a matter of taste.
    pub gap: f64,
    /// Magnitudes at or below this number were dropped; 0 for exact decisions.
    pub tolerance: f64,
    /// What rounding can do to a magnitude: a bound where the errors of the entries were given, the threshold of
    /// [`decide`] where not, 0 for exact decisions.
    pub noise: f64,
    /// How far the decision can be relied on.
    pub clarity: Clarity,
    /// Decided in exact arithmetic.
    pub exact: bool,
    /// Bound on the probability that a randomised exact decision is wrong; `None` where no such bound applies.
    pub error_probability: Option<f64>,
}

impl RankDecision {
    /// Dimension of the null space, cols − rank.
    pub fn nullity(&self) -> usize {
        self.cols - self.rank
    }

    /// Whether the rank can be stated as a fact: it is exact, or clear.
    pub fn is_certain(&self) -> bool {
        self.clarity != Clarity::Weak
    }

    /// Whether the gap is at least `ratio`; exact decisions always are.
    pub fn is_clear(&self, ratio: f64) -> bool {
        self.exact || self.gap >= ratio
    }
}

impl std::fmt::Display for RankDecision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: rank {} of {}x{}",
            self.what, self.rank, self.rows, self.cols
        )?;
        match (self.exact, self.error_probability) {
            (true, Some(p)) => write!(
                f,
                ", exact arithmetic, wrong with probability at most {p:.1e}"
            ),
            (true, None) => write!(f, ", exact arithmetic"),
            (false, _) => write!(
                f,
                ", gap {:.1e}, tolerance {:.1e}",
                self.gap, self.tolerance
            ),
        }
    }
}

/// How a floating rank is decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankOptions {
    /// The threshold is factor · max(rows, cols) · ε · (largest magnitude).
    pub factor: f64,
    /// Relative error of the matrix entries, where larger than ε: a matrix of derivatives by differences, of f32 data.
    pub entry_error: f64,
    /// Magnitudes up to this one may be zeros with errors, whatever the largest is.
    pub noise: f64,
    /// The cut may move from the threshold to the largest gap among magnitudes within this ratio of the threshold.
    pub window: f64,
    /// … provided that this gap is at least so large.
    pub least_gap: f64,
}

impl Default for RankOptions {
    /// factor 8, entries to ε, window 10^3, least gap 10^2.
    fn default() -> Self {
        RankOptions {
            factor: 8.0,
            entry_error: f64::EPSILON,
            noise: 0.0,
            window: 1e3,
            least_gap: 1e2,
        }
    }
}

/// Decides a rank from magnitudes (singular values, or diagonal entries of a rank-revealing factor), largest first.
///
/// 1. threshold t = factor · max(rows, cols) · max(ε, entry error) · m₀; rounding makes exact zeros appear as
///    magnitudes of about √(rows) ε m₀, so that t stands one or two decades above them.
/// 2. The cut is before the first magnitude ≤ t, unless a clearer one is near: among the cuts whose two neighbours lie
///    within [t / window, t · window], the largest ratio is preferred if it is at least `least_gap` and
///    the ratio at the threshold is smaller. So a cluster of noise slightly above t, or of true values slightly
///    below, is not cut in two.
/// 3. Zeros are dropped always; if all magnitudes vanish the rank is 0.
///
/// A NaN counts as noise (it sorts nowhere); callers reject matrices that are not finite before.
pub fn decide(
    what: &str,
    magnitudes_sorted_desc: &[f64],
    rows: usize,
    cols: usize,
    options: RankOptions,
) -> RankDecision {
    let m = magnitudes_sorted_desc;
    let largest = m.first().copied().unwrap_or(0.0);
    let epsilon = options.entry_error.max(f64::EPSILON);
    let relative = options.factor * rows.max(cols) as f64 * epsilon * largest;
    let threshold = relative.max(options.noise);
    let at = |k: usize| m.get(k).copied().unwrap_or(0.0);
    let ratio = |cut: usize| {
        if cut == 0 || at(cut) == 0.0 {
            f64::INFINITY
        } else {
            at(cut - 1) / at(cut)
        }
    };
    let kept = m.iter().take_while(|&&x| x > threshold).count();
    let mut cut = kept;
    if kept > 0 {
        let near = |x: f64| x >= threshold / options.window && x <= threshold * options.window;
        let mut best = ratio(kept).max(options.least_gap);
        for candidate in 1..m.len() {
            if near(at(candidate - 1)) && near(at(candidate)) && ratio(candidate) > best {
                best = ratio(candidate);
                cut = candidate;
            }
        }
    }
    // Where the gap moved the cut, the tolerance in force is the geometric mean across it.
    let tolerance = if cut == kept {
        threshold
    } else {
        (at(cut - 1) * at(cut)).sqrt()
    };
    RankDecision {
        what: what.to_string(),
        rows,
        cols,
        rank: cut,
        gap: gap(m, cut),
        tolerance,
        noise: threshold,
        clarity: clarity(m, cut, threshold),
        exact: false,
        error_probability: None,
    }
}

/// Decides a rank from magnitudes, largest first, that rounding can change by at most `noise`: those above it are
/// certainly not zero, and count. The others are called zero, which is a fact if the gap says so.
pub fn decide_above_noise(
    what: &str,
    magnitudes_sorted_desc: &[f64],
    rows: usize,
    cols: usize,
    noise: f64,
) -> RankDecision {
    let m = magnitudes_sorted_desc;
    let rank = m.iter().take_while(|&&x| x > noise).count();
    let near = rank > 0 && m[rank - 1] < CLEAR_OF_NOISE * noise;
    RankDecision {
        what: what.to_string(),
        rows,
        cols,
        rank,
        gap: gap(m, rank),
        tolerance: noise,
        noise,
        clarity: match near {
            true => Clarity::Weak,
            false => clarity(m, rank, noise),
        },
        exact: false,
        error_probability: None,
    }
}

/// Last kept magnitude over first dropped one.
fn gap(m: &[f64], rank: usize) -> f64 {
    match m.get(rank) {
        Some(&dropped) if rank > 0 && dropped > 0.0 => m[rank - 1] / dropped,
        _ => f64::INFINITY,
    }
}

fn clarity(m: &[f64], rank: usize, noise: f64) -> Clarity {
    let clear = if rank == 0 {
        true
    } else if rank < m.len() {
        gap(m, rank) >= CLEAR_GAP
    } else {
        m[rank - 1] >= CLEAR_MARGIN * noise
    };
    if clear { Clarity::Clear } else { Clarity::Weak }
}

/// Bound on the probability that a polynomial identity of total degree `degree`, tested at independent points drawn
/// uniformly from a set of 2^`sample_set_size_log2` elements per coordinate, is accepted wrongly in all `trials`:
/// (degree / |S|)^trials (Schwartz 1980, Zippel 1979), at most 1.
///
/// For a rank r of a matrix with entries of degree d, an r × r minor has degree r d; use that as `degree`.
pub fn schwartz_zippel(degree: u64, sample_set_size_log2: u32, trials: u32) -> f64 {
    let once = degree as f64 * 0.5f64.powf(sample_set_size_log2 as f64);
    once.min(1.0).powf(trials as f64)
}
