//! Euler–Maruyama: x′ = x + h b(x) + √h σ(x) z, b in the Itô sense (Kloeden and Platen 1992, §10.2); tamed, with
//! b/√(1 + h²|b|²) for b, where b grows faster than any line and Euler–Maruyama diverges (Hutzenthaler, Jentzen and Kloeden,
//! Annals of Applied Probability 22, 2012, with b/(1 + h|b|), which changes the drift by more: by h|b| and not h²|b|²/2).

use super::{Order, Room, Sense, System, drift_in, kick, slices};
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::Real;

pub(super) fn order(kind: NoiseKind) -> Option<Order> {
    let strong = if kind == NoiseKind::Additive {
        1.0
    } else {
        0.5
    };
    Some(Order { strong, weak: 1.0 })
}

pub(super) fn step<T: Real, S: System<T>>(
    system: &mut S,
    x: &mut [T],
    (h, tamed): (f64, bool),
    z: &[T],
    room: &mut Room<T>,
) {
    let [drift, noise, between, ..] = &mut room.like_x;
    drift_in(system, Sense::Ito, x, drift, between);
    if tamed {
        slices::tame(drift, T::from_f64(h), system.lanes());
    }
    let (c, kick) = kick(system, x, z, noise);
    let (h, s) = (T::from_f64(h), T::from_f64(c * h.sqrt()));
    slices::add_two(x, (h, drift), (s, kick));
}
