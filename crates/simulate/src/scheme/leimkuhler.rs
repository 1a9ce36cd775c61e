//! Leimkuhler and Matthews (Appl. Math. Res. Express 2013, 34): x′ = x + h b(x) + √h σ (z + z₊)/2, z₊ the normals of the
//! next step. The noise of two steps is correlated, and the stationary law has an error of order h² at one drift a step.
//!
//! Along a path and in law at a fixed time it is of order 1 at best: the promise that counts is the stationary one.

use super::{Order, Room, System, kick, slices};
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::Real;

pub(super) fn order(kind: NoiseKind) -> Option<Order> {
    (kind == NoiseKind::Additive).then_some(Order {
        strong: 0.5,
        weak: 1.0,
    })
}

pub(super) fn step<T: Real, S: System<T>>(
    system: &mut S,
    x: &mut [T],
    h: f64,
    (z, next): (&[T], &[T]),
    room: &mut Room<T>,
) {
    let [drift, noise, ..] = &mut room.like_x;
    let mixed = &mut room.like_z;
    mixed.copy_from_slice(z);
    slices::add(mixed, T::ONE, next);
    system.drift(x, drift);
    let (c, kicked) = kick(system, x, mixed, noise);
    let terms = (T::from_f64(h), T::from_f64(c * h.sqrt() / 2.0));
    slices::add_two(x, (terms.0, drift), (terms.1, kicked));
}
