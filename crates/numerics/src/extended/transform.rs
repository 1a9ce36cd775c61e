//! Error-free transformations: the rounding error of a sum or a product, as a number.

/// Beyond this a factor is scaled before it is split: 2^995.
const SPLIT_MAX: f64 = f64::from_bits((1023 + 995) << 52);
const DOWN: f64 = f64::from_bits((1023 - 60) << 52);
const UP: f64 = f64::from_bits((1023 + 60) << 52);

/// (fl(a + b), a + b − fl(a + b)), exactly (Knuth, The Art of Computer Programming 2, §4.2.2, Theorem B).
#[inline(always)]
#[must_use]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// [`two_sum`] where |a| ≥ |b| or a = 0 (Dekker, Numer. Math. 18 (1971)).
#[inline(always)]
#[must_use]
pub fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// a as a sum of two numbers of 26 bits (Veltkamp, in Dekker 1971); |a| below 2^995.
#[inline(always)]
#[must_use]
pub fn split(a: f64) -> (f64, f64) {
    let c = 134_217_729.0 * a;
    let high = c - (c - a);
    (high, a - high)
}

/// What fl(a b) = `product` lacks, the factors split (Dekker 1971).
#[inline(always)]
#[must_use]
pub fn product_error(product: f64, a: (f64, f64), b: (f64, f64)) -> f64 {
    ((a.0 * b.0 - product) + a.0 * b.1 + a.1 * b.0) + a.1 * b.1
}

/// (fl(a b), a b − fl(a b)): exact where the product is finite and above 2^-969.
///
/// By splitting, since a fused multiply-add is a library call where the target has none.
#[inline(always)]
#[must_use]
pub fn two_product(a: f64, b: f64) -> (f64, f64) {
    if a.abs() >= SPLIT_MAX || b.abs() >= SPLIT_MAX {
        return scaled_product(a, b);
    }
    let product = a * b;
    (product, product_error(product, split(a), split(b)))
}

#[cold]
fn scaled_product(a: f64, b: f64) -> (f64, f64) {
    let (a, b) = if a.abs() >= b.abs() { (a, b) } else { (b, a) };
    let product = a * b;
    if !product.is_finite() {
        return (product, 0.0);
    }
    // One factor at most is so large, or the product is not finite.
    let small = DOWN * a;
    let error = product_error(small * b, split(small), split(b));
    (product, UP * error)
}
