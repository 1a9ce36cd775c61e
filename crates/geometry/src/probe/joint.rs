//! Samples of integer inputs: where their joint values are few, none is left to chance.

use super::PREPARED;
use symbias_model::Model;
use symbias_model::scalar::Inputs;
use symbias_numerics::random::Stream;

/// The joint values of the integer inputs in a random order; none where there are no such inputs, or too many values.
pub(super) fn values(model: &Model, seed: u64) -> Vec<u64> {
    let count = Inputs::choices(model);
    let mut order: Vec<u64> = (0..count.min(PREPARED + 1)).collect();
    if count > PREPARED || count == 1 {
        return Vec::new();
    }
    order.sort_by_key(|n| Stream::new(seed, *n, JOINT).next_u64());
    order
}

/// A random sample of the inputs, with the next of these joint values.
pub(super) fn sample(model: &Model, seed: u64, joint: &[u64], probe: u64) -> Inputs {
    let mut inputs = Inputs::random(model, seed, probe);
    if !joint.is_empty() {
        inputs.choose(model, joint[(probe % joint.len() as u64) as usize]);
    }
    inputs
}

/// Stream of the order.
const JOINT: u64 = 16;
