//! Isotropic noise √(2T) dW: C = 2T·I (theory §5.1).

/// √(2T) dW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Isotropic {
    /// T ≥ 0.
    pub temperature: f64,
}

impl Isotropic {
    /// √(2T).
    pub(super) fn amplitude(self) -> f64 {
        (2.0 * self.temperature).sqrt()
    }
}
