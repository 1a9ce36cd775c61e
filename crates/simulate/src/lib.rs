//! What training does: measurements, to be held against predictions elsewhere.
//!
//! The discrete process itself, θ ← (1 − ηλ)θ − ηv with v ← βv + g, on any model of the language, for many replicas at
//! once: [`training`] is what is trained and how, [`observe`] what is looked at, [`ensemble`] runs replicas in lanes and
//! threads, with checkpoints. Beside it the diffusions dθ = −∇V dt + σ dW that laws are about ([`diffusion`], with
//! their noise and [`scheme`]), on the same engine; [`stats`] judges laws by samples. Randomness is a pure function of
//! (seed, replica, step), so that a replica has the same bits alone, in an ensemble of any size, on any number of threads,
//! and after an interruption. Uses geometry and model; used by symbias. It never sees `bias`: predictions and measurements
//! meet only in a verdict.

#![forbid(unsafe_code)]

pub mod diffusion;
pub mod ensemble;
mod noise;
pub mod observe;
pub mod scheme;
pub mod stats;
pub mod training;
