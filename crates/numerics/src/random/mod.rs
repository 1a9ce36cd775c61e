//! Randomness as a pure function of (seed, replica, step, index).
//!
//! The bits are Threefry-2×64-20 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
//! SC 2011): key (seed, replica), counter (step, block), two words per block. The four numbers fill the 256 bits of
//! input exactly, so different (seed, replica, step, index) never share an input and no seed needs hashing or spacing.
//!
//! Nothing is remembered between calls: a replica can be replayed alone, and results depend neither on the number of
//! threads nor on how replicas are packed into lanes. Used by simulate (noise, batches, initial points) and by the
//! random points of discovery.

mod block;
mod box_muller;
mod layout;
mod stream;
mod threefry;

pub use block::{LaneInputs, block_normals, block_uniforms};
pub(crate) use block::{block_f32, block_f64, in_order_f32, in_order_f64};
pub use layout::{ensemble_normals, ensemble_uniforms};
pub use stream::Stream;
pub use threefry::threefry2x64;
