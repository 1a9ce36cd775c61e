//! SRA1 of Rößler (SIAM J. Numer. Anal. 48, 2010, table 6.2) for constant σ: with I₁ = √h z and
//! I₁₀ = ½ h^{3/2} (z + ζ/√3), x₂ = x + ¾ h b(x) + (3/2h) σ I₁₀, x′ = x + h (⅓ b(x) + ⅔ b(x₂)) + σ I₁.
//!
//! Strong order 3/2 and weak order 2, at two drifts a step.

use super::{Order, Room, System, kick, slices};
use symbias_geometry::sde::NoiseKind;
use symbias_numerics::lanes::Real;

pub(super) fn order(kind: NoiseKind) -> Option<Order> {
    (kind == NoiseKind::Additive).then_some(Order {
        strong: 1.5,
        weak: 2.0,
    })
}

pub(super) fn step<T: Real, S: System<T>>(
    system: &mut S,
    x: &mut [T],
    h: f64,
    z: &[T],
    room: &mut Room<T>,
) {
    let (z, zeta) = z.split_at(z.len() / 2);
    let [drift, noise, ahead, ..] = &mut room.like_x;
    let mixed = &mut room.like_z;
    mixed.copy_from_slice(z);
    slices::add(mixed, T::from_f64(1.0 / 3f64.sqrt()), zeta);
    let root = h.sqrt();
    system.drift(x, drift);
    ahead.copy_from_slice(x);
    let (c, kicked) = kick(system, x, mixed, noise);
    let terms = (T::from_f64(0.75 * h), T::from_f64(0.75 * c * root));
    slices::add_two(ahead, (terms.0, drift), (terms.1, kicked));
    let (c, kicked) = kick(system, x, z, noise);
    let terms = (T::from_f64(h / 3.0), T::from_f64(c * root));
    slices::add_two(x, (terms.0, drift), (terms.1, kicked));
    system.drift(ahead, drift);
    slices::add(x, T::from_f64(2.0 * h / 3.0), drift);
}
