//! What an ensemble can run: a process over tiles of replicas.

use super::Crossings;
use crate::training::Setting;
use symbias_model::error::Result;
use symbias_numerics::lanes::Real;

/// Steps between looks at whether numbers are finite. Blocks begin at its multiples, so that what is done at their ends
/// does not depend on interruptions.
pub const BLOCK: u64 = 256;

/// A process in discrete steps: training, or a diffusion.
pub trait Process: Sync {
    /// What the tiles of one width share.
    type Compiled<T: Real>: Send + Sync;
    /// Replicas that run together.
    type Tile<'p, T: Real>: Tile<T>
    where
        Self: 'p;

    /// Whether its parts hold together.
    ///
    /// # Errors
    /// Whatever of it cannot be run.
    fn validate(&self) -> Result<()>;

    /// Whether a setting has the numbers that the process reads.
    ///
    /// # Errors
    /// Another number of parameters or of data.
    fn admits(&self, setting: &Setting, replica: u64) -> Result<()>;

    /// Replicas of a tile, from the widest to the narrowest; the first is taken that leaves no tile beyond the cache.
    /// They do not depend on the number of threads, so that a run resumes on any.
    fn widths<T: Real>(&self, replicas: u64) -> Vec<u64>;

    /// Compiles for tiles of so many replicas.
    ///
    /// # Errors
    /// As [`symbias_model::program::Program::compile`].
    fn compile<T: Real>(&self, replicas: usize) -> Result<Self::Compiled<T>>;

    /// Bytes that a step of a tile touches.
    fn bytes<T: Real>(compiled: &Self::Compiled<T>) -> usize;

    /// Replicas `first`, `first + 1`, … at their start; `squares` where sums of squared gradients are looked at.
    fn tile<'p, T: Real>(
        &'p self,
        compiled: &'p Self::Compiled<T>,
        first: u64,
        settings: &[Setting],
        squares: bool,
    ) -> Self::Tile<'p, T>;
}

/// The state of a tile between steps: everything that later steps depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State<T> {
    /// Steps done.
    pub step: u64,
    /// θ, entry by entry, replicas innermost.
    pub theta: Vec<T>,
    /// v of momentum, as θ; empty without.
    pub velocity: Vec<T>,
    /// Σ (1 − ηλ)^{2(later steps)} g² of each entry, as θ; empty where it is not kept.
    pub squares: Vec<f64>,
    /// What a watch has counted, one for each replica; empty without one.
    pub crossings: Vec<Crossings>,
}

/// Replicas that run together. [`super::Blocks`] drives it.
pub trait Tile<T> {
    /// Steps done.
    fn step(&self) -> u64;
    /// Runs to a step within the block, or to its end.
    fn run(&mut self, to: u64);
    /// Notes the state, in memory.
    fn remember(&mut self);
    /// Goes back to what was noted.
    fn recall(&mut self);
    /// Whether all parameters are finite: cheap, and true wherever they are.
    fn finite(&mut self) -> bool;
    /// Which replicas have a parameter that is not finite; one entry for each.
    fn lost(&mut self, lost: &mut [bool]);
    /// What is due at the end of a block.
    fn settle(&mut self) {}
    /// θ of each entry, replicas innermost, and the sums of squares where they are kept.
    fn look(&mut self, theta: &mut [T], squares: &mut [f64]);
    /// What a watch has counted so far, one for each replica; empty without one.
    fn crossings(&self) -> Vec<Crossings> {
        Vec::new()
    }
    /// Everything that later steps depend on; at the end of a block.
    fn state(&mut self) -> State<T>;
    /// Goes on from a state.
    fn restore(&mut self, state: &State<T>);
}
