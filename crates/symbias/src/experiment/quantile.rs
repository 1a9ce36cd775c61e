//! Quantiles of numbers in order.

/// The finite numbers among them, from small to large.
pub(super) fn ordered(numbers: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut all: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// The number below which a share `q` of them lies, in proportion between neighbours; no number of none.
pub(super) fn quantile(ordered: &[f64], q: f64) -> f64 {
    let Some(last) = ordered.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = q.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (
        ordered[place.floor() as usize],
        ordered[place.ceil() as usize],
    );
    low + (high - low) * place.fract()
}
