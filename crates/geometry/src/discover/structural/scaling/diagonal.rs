//! The diagonal elements of a bond's group, which are known before scalings are looked for.

use super::{Solver, Vector};
use crate::factor::action::Kind;
use crate::factor::action::{Bond, Group};
use symbias_model::expression::Field;

impl Solver<'_> {
    /// Marks the diagonal elements of a bond's group as known.
    pub(super) fn use_diagonal(&mut self, bond: &Bond) {
        for diagonal in self.diagonal(bond) {
            if !(bond.traceless && diagonal.identity) {
                self.take(&diagonal.vector);
            }
        }
    }

    /// The diagonal elements of a bond's group, by components.
    pub(super) fn diagonal(&self, bond: &Bond) -> Vec<Diagonal> {
        let complex = match (&bond.group, self.kind) {
            (Group::GeneralLinear(Field::Real), Kind::Scale) => false,
            (Group::GeneralLinear(Field::Complex), _) => true,
            (Group::Unitary, Kind::Phase) => true,
            _ => return Vec::new(),
        };
        // Items: the fused axes of the bond, then its dependences; each full or absent.
        let own = (1u32 << bond.slots[0].1.len()) - 1;
        let items = bond.slots[0].1.len() + bond.dependences.len();
        let mut found = Vec::new();
        for choice in 0..1u32 << items {
            for refinements in (0..1u32 << items).filter(|r| r & !choice == 0) {
                let vector = self.diagonal_component(bond, choice, refinements, complex);
                found.extend(vector.map(|vector| Diagonal {
                    vector,
                    identity: choice & own == 0,
                }));
            }
        }
        found
    }

    /// The component of the bond's diagonal on a subset of items; `coarse` items take the extra
    /// level of their axis.
    fn diagonal_component(
        &self,
        bond: &Bond,
        choice: u32,
        coarse: u32,
        complex: bool,
    ) -> Option<Vector> {
        let mut vector = Vector::new();
        for (tensor, axes, twist) in &bond.slots {
            let mut levels = Vec::new();
            let places = axes
                .iter()
                .map(|a| (*a, None))
                .chain(bond.dependences.iter().map(|d| d.at[tensor].clone()));
            for (i, (position, shape)) in places.enumerate() {
                if choice & (1 << i) == 0 {
                    continue;
                }
                let axis = self.axis(*tensor, position);
                let level = match (&shape, coarse & (1 << i) != 0) {
                    (None, false) => 0,
                    (None, true) => *self.system.extra.get(&axis)?,
                    (Some(_), false) => self.system.shapes.iter().position(|s| *s == shape)?,
                    (Some(_), true) => return None,
                };
                levels.push((position, level));
            }
            let mut sign = if twist.is_dual() { -1.0 } else { 1.0 };
            if complex && self.kind == Kind::Phase && twist.is_conjugate() {
                sign = -sign;
            }
            *vector.entry(self.unknown(*tensor, &levels)?).or_insert(0.0) += sign;
        }
        vector.retain(|_, c| *c != 0.0);
        Some(vector)
    }
}

/// A component of the diagonal elements of a bond's group.
pub(super) struct Diagonal {
    pub vector: Vector,
    /// Multiples of the identity, one for each copy of the group or for some of them together.
    pub identity: bool,
}
