//! Charges: the moment map of the symmetric generators (theory §2), as formulas and as values,
//! and how many functions gradient flow conserves.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::charge::charges;
//! use symbias_geometry::discover::structural::factors;
//! let found = charges(&model, &factors(&model));
//! assert_eq!(found[0].text(&model), "mu[i] = (v[i]^2 - u[i]^2)/2");
//! assert_eq!(found[0].values(&model, &[1.0, 2.0, 3.0, 2.0]), [4.0, 0.0]);
//! # Ok::<(), symbias_model::Error>(())
//! ```

pub mod conserved;
mod evaluate;
mod formula;
pub mod moment;
mod places;
pub mod render;

pub use evaluate::ScaledBlock;
pub use formula::{Charge, charges, diagonal};
pub use places::Places;
