//! Milstein for commutative noise: x′ = x + h b̄(x) + √h σz + ½ h D(σz)[σz], b̄ the drift in the Stratonovich sense
//! (Kloeden and Platen 1992, §10.3: the iterated integrals of commutative noise are products of increments).

use super::{Order, Room, Sense, System, drift_in, kick, slices};
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::Real;

pub(super) fn order(kind: NoiseKind) -> Option<Order> {
    (kind != NoiseKind::General).then_some(Order {
        strong: 1.0,
        weak: 1.0,
    })
}

pub(super) fn step<T: Real, S: System<T>>(
    system: &mut S,
    x: &mut [T],
    h: f64,
    z: &[T],
    room: &mut Room<T>,
) {
    let [drift, noise, between, slope, _] = &mut room.like_x;
    drift_in(system, Sense::Stratonovich, x, drift, between);
    let (c, kicked) = kick(system, x, z, noise);
    if system.kind() != NoiseKind::Additive {
        system.along(x, kicked, z, slope);
        slices::add(drift, T::from_f64(0.5), slope);
    }
    let terms = (T::from_f64(h), T::from_f64(c * h.sqrt()));
    slices::add_two(x, (terms.0, drift), (terms.1, kicked));
}
