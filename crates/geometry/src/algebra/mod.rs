//! Lie algebras of affine fields: brackets, closure, structure, and the recognised name.
//!
//! [`recognise`] closes a list of fields under the bracket `[(A, b), (C, e)] = (AC − CA, Ae − Cb)`
//! and reads off what theory §1 speaks of: dimension, centre, Killing form, the Cartan split
//! 𝔤 = 𝔨 ⊕ 𝔭, the simple ideals and a name such as `gl(4)^2 + so(2)^4 + R^4`. Used by discovery
//! (is what was found an algebra, and which) and by charges (𝔭).
//!
//! Rotations of a plane and its scaling:
//!
//! ```
//! use symbias_geometry::AffineField;
//! use symbias_geometry::algebra::recognise;
//! let field = |linear| AffineField { linear, constant: vec![] };
//! let rotation = field(vec![(0, 1, -1.0), (1, 0, 1.0)]);
//! let scaling = field(vec![(0, 0, 1.0), (1, 1, 1.0)]);
//! let algebra = recognise(&[rotation, scaling], 10)?;
//! assert_eq!((algebra.dimension, algebra.compact, algebra.abelian), (2, 1, true));
//! # Ok::<(), symbias_numerics::Error>(())
//! ```

mod bracket;
mod cartan;
mod decision;
mod ideals;
mod lacing;
pub mod name;
mod recognise;
mod span;
mod structure;

#[cfg(test)]
mod tests;

pub use bracket::bracket;
pub use cartan::Cartan;
pub use ideals::Ideal;
pub use recognise::{Algebra, recognise, recognise_constants};
pub(crate) use span::span_dimension;
pub use span::{Closure, closure};
pub use structure::StructureConstants;
