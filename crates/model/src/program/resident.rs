//! Training in place: θ and ∇L stay in the workspace from step to step.
//!
//! A run copies θ in and ∇L out, which costs as much as the gradient of a small model. Here the caller puts θ once,
//! and then alternates [`Program::execute`] and an update of [`State`]: one contiguous loop over two slices.

use super::port::Port;
use super::{Program, Workspace};
use symbias_numerics::lanes::Real;

/// θ and ∇L(θ) as they lie in the workspace: equal lengths and the same order, which [`Program::positions`] gives.
///
/// Whole vectors of both begin at a multiple of [`Real::VIRTUAL_LANES`]. Padding of the gradient is zero after each
/// [`Program::execute`], and that of θ as long as an update keeps it so.
#[derive(Debug)]
pub struct State<'w, T> {
    /// θ.
    pub theta: &'w mut [T],
    /// ∇L(θ) of the last execution, written anew by the next; empty if the task has none.
    pub gradient: &'w mut [T],
}

/// Positions in the arena by position in the caller's θ.
pub(super) fn positions(theta: &[Port]) -> Vec<u32> {
    let mut pairs: Vec<(usize, u32)> = Vec::new();
    for port in theta {
        port.entries(|[arena, caller]| pairs.push((caller, arena as u32)));
    }
    pairs.sort_unstable();
    pairs.into_iter().map(|p| p.1).collect()
}

impl<T: Real + std::ops::AddAssign> Program<T> {
    /// θ and ∇L where they are. The next [`Program::execute`] runs at what is left in `theta`.
    ///
    /// # Panics
    /// If the replicas are more than one vector of them, or the workspace is that of another program.
    pub fn state<'w>(&self, workspace: &'w mut Workspace<T>) -> State<'w, T> {
        self.one_tile();
        let n = self.plan.resident;
        let (theta, rest) = self.arena(workspace).split_at_mut(n);
        let own = if self.plan.gradient.is_empty() { 0 } else { n };
        State {
            theta,
            gradient: &mut rest[..own],
        }
    }

    /// Where entry `i·R + r` of θ is in the slices of [`State`]; the rest of them is padding.
    #[must_use]
    pub fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Copies θ into the workspace, from `theta[i·R + r]` as in [`Program::run`].
    ///
    /// # Panics
    /// If it is too short, if the replicas are more than one vector of them, or the workspace is that of another
    /// program; so do the other copies.
    pub fn put_theta(&self, workspace: &mut Workspace<T>, theta: &[T]) {
        self.one_tile();
        let arena = self.arena(workspace);
        self.theta.iter().for_each(|p| p.load(0, theta, arena));
    }

    /// Copies θ out of the workspace.
    pub fn take_theta(&self, workspace: &Workspace<T>, into: &mut [T]) {
        self.one_tile();
        self.owns(workspace);
        let arena = workspace.numbers();
        self.theta.iter().for_each(|p| p.store(0, arena, into));
    }

    /// Copies the inputs into the workspace, where they stay; laid out as in [`Program::run`].
    pub fn put_inputs(&self, workspace: &mut Workspace<T>, inputs: &[T]) {
        self.one_tile();
        let arena = self.arena(workspace);
        self.inputs.iter().for_each(|p| p.load(0, inputs, arena));
    }

    /// Copies the cotangent of a vjp, or the weights of the samples, into the workspace; laid out as in
    /// [`Program::run`].
    pub fn put_cotangent(&self, workspace: &mut Workspace<T>, cotangent: &[T]) {
        self.one_tile();
        let arena = self.arena(workspace);
        self.cotangents
            .iter()
            .for_each(|p| p.load(0, cotangent, arena));
    }

    /// Copies a direction into the workspace, laid out as θ.
    pub fn put_direction(&self, workspace: &mut Workspace<T>, number: usize, direction: &[T]) {
        self.one_tile();
        let arena = self.arena(workspace);
        let ports = self.directions.get(number).map_or(&[][..], |d| d);
        ports.iter().for_each(|p| p.load(0, direction, arena));
    }

    /// Copies a result of the last execution out of the workspace.
    pub fn take(&self, workspace: &Workspace<T>, result: usize, into: &mut [T]) {
        self.one_tile();
        self.owns(workspace);
        let arena = workspace.numbers();
        let ports = self.results.get(result).map_or(&[][..], |r| &r.1);
        ports.iter().for_each(|p| p.store(0, arena, into));
    }

    fn one_tile(&self) {
        let (replicas, tile) = self.replicas;
        assert!(
            replicas == tile,
            "{replicas} replicas are more than one vector; training in place takes {tile} at a time"
        );
    }
}
