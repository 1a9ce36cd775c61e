//! Stochastic Heun: the mean of drift and noise at both ends of an Euler step, b in the Stratonovich sense (Rümelin 1982;
//! Kloeden and Platen 1992, §15.1 for additive noise).

use super::{Order, Room, Sense, System, drift_in, kick, slices};
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::Real;

pub(super) fn order(kind: NoiseKind) -> Option<Order> {
    Some(match kind {
        NoiseKind::Additive => Order {
            strong: 1.0,
            weak: 2.0,
        },
        NoiseKind::Commutative => Order {
            strong: 1.0,
            weak: 1.0,
        },
        NoiseKind::General => Order {
            strong: 0.5,
            weak: 1.0,
        },
    })
}

pub(super) fn step<T: Real, S: System<T>>(
    system: &mut S,
    x: &mut [T],
    h: f64,
    z: &[T],
    room: &mut Room<T>,
) {
    let [drift, noise, between, ahead, _] = &mut room.like_x;
    let half = T::from_f64(h / 2.0);
    drift_in(system, Sense::Stratonovich, x, drift, between);
    let (c, first) = kick(system, x, z, noise);
    let s = T::from_f64(c * h.sqrt());
    ahead.copy_from_slice(x);
    slices::add_two(ahead, (T::from_f64(h), drift), (s, first));
    let s = T::from_f64(c * h.sqrt() / 2.0);
    slices::add_two(x, (half, drift), (s, first));
    drift_in(system, Sense::Stratonovich, ahead, drift, between);
    let (_, second) = kick(system, ahead, z, noise);
    slices::add_two(x, (half, drift), (s, second));
}
