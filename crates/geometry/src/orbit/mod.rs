//! Orbits: Gram matrix, volume, horizontal projector, mean curvature and stabiliser (theory §1),
//! as numbers and, where the structure gives one, as a formula (theory §6).
//!
//! Of w = uv orbits are hyperbolas, with Γ = u² + v²:
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::orbit::gram::gram;
//! let fields = factors(&model)[0].generators(&model);
//! let found = gram(&fields, &[1.0, 2.0, 3.0, 1.0])?;
//! assert!((found.log_pdet - (10.0_f64 * 5.0).ln()).abs() < 1e-12);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod blocks;
pub mod formula;
mod frame;
pub mod gram;
mod horizontal;

pub use frame::OrbitFrame;
pub use horizontal::Horizontal;

/// Which law the mean curvature H of an orbit obeys (theory §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrbitClass {
    /// Isometric action: H = −∇_H log vol.
    Compact,
    /// Commuting symmetric generators, no 𝔨: H = +∇_H log vol.
    Symmetric,
    /// Both: at balanced points H = ∇_H ½ log det Γ_𝔭 − ∇_H ½ log pdet Γ_𝔨.
    Mixed,
    /// No linear action that is closed under transposition: none of these.
    Other,
}

impl OrbitClass {
    /// The sign law in words.
    #[must_use]
    pub fn law(self) -> &'static str {
        match self {
            OrbitClass::Compact => "H = -grad_H log vol (isometric)",
            OrbitClass::Symmetric => "H = +grad_H log vol (symmetric generators)",
            OrbitClass::Mixed => {
                "at balanced points H = grad_H log vol_p - grad_H log vol_k (mixed)"
            }
            OrbitClass::Other => {
                "none: the algebra is not closed under transposition, or translates"
            }
        }
    }
}
