//! From bonds to groups: which group a bond carries, and on which other indices its element may
//! depend (per head, per channel, …).

use super::rules::{Reach, tie_slots};
use super::slots::{Demands, Object, Slot};
use crate::factor::action::{Bond, Dependence, Group, Shape, Twist, abstracted};
use std::collections::{BTreeMap, HashMap};
use symbias_model::expression::{
    Axial, AxisId, ConstantSource, Field, IndexExpr, Label, Model, Op, Source, TensorId,
};

/// All bonds of the live graph that carry a group of positive dimension.
pub(super) fn find(model: &Model, reach: &Reach) -> Vec<Bond> {
    let mut slots = tie_slots(model, reach);
    let mut neighbours: HashMap<Object, Vec<(Slot, Slot)>> = HashMap::new();
    for &(a, b) in &slots.ties {
        neighbours.entry(a.object()).or_default().push((a, b));
        neighbours.entry(b.object()).or_default().push((b, a));
    }
    let mut bonds = Vec::new();
    for (demands, members) in slots.bonds() {
        let parameters: Vec<(TensorId, usize, Twist)> = members
            .iter()
            .filter_map(|(slot, twist)| match slot {
                Slot::Axis(t, axis) if reach.tensors[t.index()] && is_parameter(model, *t) => {
                    Some((*t, *axis, *twist))
                }
                _ => None,
            })
            .collect();
        if demands.rigid || parameters.is_empty() {
            continue;
        }
        let Some(group) = group_of(model, &demands, &members) else {
            continue;
        };
        let dependences = dependences(model, &members, &parameters, &neighbours);
        let size = model.axis_size(model.tensor(parameters[0].0).axes[parameters[0].1]);
        let first = parameters[0].2;
        let slots = parameters
            .into_iter()
            .map(|(t, a, w)| (t, vec![a], w.then(first)))
            .collect();
        bonds.push(Bond {
            group,
            size,
            slots,
            dependences,
            traceless: false,
        });
    }
    fuse(&mut bonds);
    bonds
}

fn is_parameter(model: &Model, id: TensorId) -> bool {
    matches!(model.tensor(id).source, Source::Parameter)
}

fn group_of(model: &Model, demands: &Demands, members: &[(Slot, Twist)]) -> Option<Group> {
    let fields: Vec<Field> = members
        .iter()
        .map(|(slot, _)| match slot.object() {
            Object::Tensor(t) => model.tensor(t).field,
            Object::Node(n) => model.node(n).field,
        })
        .collect();
    let real = fields.contains(&Field::Real);
    let mut fixed = demands.fixed_by.clone();
    if real && fields.contains(&Field::Complex) {
        fixed.push(Twist::CONJUGATE);
    }
    let dual = fixed.iter().any(|t| t.is_dual());
    let all_real = real || fixed.contains(&Twist::CONJUGATE);
    if let Some(planes) = &demands.planes {
        return (all_real && !demands.fixes_ones).then(|| Group::PlaneRotations(planes.clone()));
    }
    if demands.fixes_ones {
        return all_real.then_some(Group::OrthogonalFixingOnes);
    }
    Some(match (all_real, dual) {
        (true, true) => Group::Orthogonal(Field::Real),
        (true, false) => Group::GeneralLinear(Field::Real),
        (false, false) => Group::GeneralLinear(Field::Complex),
        // Dual and adjoint together make the conjugation trivial: O(n, ℝ).
        (false, true) if fixed.contains(&Twist::DUAL) && fixed.contains(&Twist::ADJOINT) => {
            Group::Orthogonal(Field::Real)
        }
        (false, true) if fixed.contains(&Twist::ADJOINT) => Group::Unitary,
        (false, true) => Group::Orthogonal(Field::Complex),
    })
}

/// An index function at one object: the axis position or letter, and the function of it.
type Place = (usize, Shape);

/// The indices that every object of the bond carries along, by walking the ties.
fn dependences(
    model: &Model,
    members: &[(Slot, Twist)],
    parameters: &[(TensorId, usize, Twist)],
    neighbours: &HashMap<Object, Vec<(Slot, Slot)>>,
) -> Vec<Dependence> {
    let inside: std::collections::HashSet<Slot> = members.iter().map(|m| m.0).collect();
    let mut found: Vec<Dependence> = Vec::new();
    for (tensor, axis, _) in parameters {
        let axes = &model.tensor(*tensor).axes;
        for other in (0..axes.len()).filter(|o| o != axis) {
            let start = (Object::Tensor(*tensor), (other, None));
            if let Some(places) = spread(model, start, &inside, neighbours) {
                let at: BTreeMap<TensorId, (usize, Shape)> = parameters
                    .iter()
                    .filter_map(|(t, ..)| places.get(&Object::Tensor(*t)).map(|p| (*t, p.clone())))
                    .collect();
                let own_axis = parameters
                    .iter()
                    .any(|(t, a, _)| at.get(t).is_some_and(|p| p.0 == *a));
                let complete = parameters.iter().all(|(t, ..)| at.contains_key(t));
                if complete && !own_axis {
                    found.push(Dependence {
                        size: model.axis_size(axes[other]),
                        at,
                    });
                }
            }
        }
    }
    // Of several functions of one axis keep the finest.
    found.sort_by_key(|d| std::cmp::Reverse(d.size));
    let mut kept: Vec<Dependence> = Vec::new();
    for d in found {
        let clashes = |k: &Dependence| {
            d.at.iter()
                .any(|(t, p)| k.at.get(t).is_some_and(|q| q.0 == p.0))
        };
        if !kept.iter().any(clashes) {
            kept.push(d);
        }
    }
    kept
}

/// Carries an index from one object to all others of the bond, or finds that one lacks it.
fn spread(
    model: &Model,
    start: (Object, Place),
    inside: &std::collections::HashSet<Slot>,
    neighbours: &HashMap<Object, Vec<(Slot, Slot)>>,
) -> Option<HashMap<Object, Place>> {
    let mut places: HashMap<Object, Place> = HashMap::from([start.clone()]);
    let mut queue = vec![start.0];
    while let Some(object) = queue.pop() {
        let place = places[&object].clone();
        for (from, to) in neighbours.get(&object).into_iter().flatten() {
            if !inside.contains(from) || !inside.contains(to) {
                continue;
            }
            let next = carry(model, *from, *to, &place)?;
            match places.get(&to.object()) {
                Some(known) if *known != next => return None,
                Some(_) => {}
                None => {
                    places.insert(to.object(), next);
                    queue.push(to.object());
                }
            }
        }
    }
    Some(places)
}

/// One step of [`spread`] along a tie.
fn carry(model: &Model, from: Slot, to: Slot, place: &Place) -> Option<Place> {
    match (from, to) {
        (Slot::Letter(a, _), Slot::Letter(b, _)) => {
            let label = Label(place.0 as u32);
            let has = |n| model.node(n).labels.contains(&label);
            let runs = |n| matches!(&model.node(n).op, Op::Axial { operation: Axial::CumSum, over, .. } if over.contains(&label));
            (has(a) && has(b) && !runs(a) && !runs(b)).then(|| place.clone())
        }
        (Slot::Axis(tensor, _), Slot::Letter(node, _)) => {
            if let Source::Defined { node: root, labels } = &model.tensor(tensor).source
                && *root == node
            {
                return Some((labels[place.0].index(), place.1.clone()));
            }
            let Op::Access { index, .. } = &model.node(node).op else {
                return None;
            };
            match (&index[place.0], &place.1) {
                (IndexExpr::Label(l), shape) => Some((l.index(), shape.clone())),
                (expr, None) => {
                    let axis = model.tensor(tensor).axes[place.0];
                    let (label, shape) = abstracted(expr).filter(|_| covers(model, expr, axis))?;
                    Some((label.index(), Some(shape)))
                }
                _ => None,
            }
        }
        (Slot::Letter(node, _), Slot::Axis(tensor, _)) => {
            let label = Label(place.0 as u32);
            if let Source::Defined { node: root, labels } = &model.tensor(tensor).source
                && *root == node
            {
                return Some((labels.iter().position(|l| *l == label)?, place.1.clone()));
            }
            let Op::Access { index, .. } = &model.node(node).op else {
                return None;
            };
            if let Some(axis) = index.iter().position(|e| e.as_label() == Some(label)) {
                // Values of a lookup are data, not structure.
                let structural = !place.1.as_ref().is_some_and(has_lookup);
                return structural.then(|| (axis, place.1.clone()));
            }
            let shape = place.1.as_ref()?;
            let axis = index
                .iter()
                .position(|e| abstracted(e).as_ref() == Some(&(label, shape.clone())))?;
            Some((axis, None))
        }
        (Slot::Axis(..), Slot::Axis(..)) => None,
    }
}

/// Letters with more values than this are not enumerated.
const ENUMERATED: u64 = 1 << 20;

/// Whether the values of an index function of one letter are known to be all of an axis: an entry
/// that is never read can be moved anyhow, which is no symmetry of its own (theory §1).
pub(super) fn covers(model: &Model, expr: &IndexExpr, axis: AxisId) -> bool {
    if let IndexExpr::Lookup { tensor, .. } = expr
        && matches!(model.tensor(*tensor).source, Source::Input { .. })
    {
        // Samples of an integer input take all of its values.
        return true;
    }
    let Some((label, shape)) = abstracted(expr) else {
        return false;
    };
    let (count, size) = (model.label_size(label), model.axis_size(axis));
    if size > count || count > ENUMERATED {
        return false;
    }
    let unknown = std::cell::Cell::new(false);
    let lookup = |tensor, at: &[i64]| {
        entry(model, tensor, at).unwrap_or_else(|| {
            unknown.set(true);
            -1
        })
    };
    let mut seen = vec![false; size as usize];
    for i in 0..count as i64 {
        let value = usize::try_from(shape.evaluate(&|_| i, &lookup)).ok();
        if let Some(entry) = value.and_then(|v| seen.get_mut(v)) {
            *entry = true;
        }
    }
    !unknown.get() && seen.iter().all(|s| *s)
}

/// An entry of an integer constant whose values stand in the model file.
fn entry(model: &Model, tensor: TensorId, at: &[i64]) -> Option<i64> {
    let Source::Constant {
        source: ConstantSource::Values(values),
        ..
    } = &model.tensor(tensor).source
    else {
        return None;
    };
    let flat = at
        .iter()
        .zip(model.shape(tensor))
        .try_fold(0, |flat: usize, (i, n)| {
            let i = usize::try_from(*i).ok().filter(|i| (*i as u64) < n)?;
            Some(flat * n as usize + i)
        })?;
    values.get(flat).map(|x| *x as i64)
}

/// Whether an index expression reads an integer tensor.
pub(super) fn has_lookup(expr: &IndexExpr) -> bool {
    match expr {
        IndexExpr::Label(_) | IndexExpr::Constant(_) => false,
        IndexExpr::Add(a, b) | IndexExpr::Sub(a, b) | IndexExpr::Mul(a, b) => {
            has_lookup(a) || has_lookup(b)
        }
        IndexExpr::FloorDiv(a, _) | IndexExpr::Mod(a, _) => has_lookup(a),
        IndexExpr::Lookup { .. } => true,
    }
}

/// Two bonds that depend on each other's axis act on one joint axis: gl(a) per h and gl(h) per
/// a on the same tensors generate gl(a·h).
fn fuse(bonds: &mut Vec<Bond>) {
    let mut i = 0;
    while i < bonds.len() {
        let mut j = i + 1;
        while j < bonds.len() {
            match fused(&bonds[i], &bonds[j]) {
                Some(joint) => {
                    bonds[i] = joint;
                    bonds.remove(j);
                    j = i + 1;
                }
                None => j += 1,
            }
        }
        i += 1;
    }
}

fn fused(a: &Bond, b: &Bond) -> Option<Bond> {
    let along = |d: &Dependence, bond: &Bond| {
        d.at.len() == bond.slots.len()
            && bond
                .slots
                .iter()
                .all(|(t, axes, _)| axes.len() == 1 && d.at.get(t) == Some(&(axes[0], None)))
    };
    let same_twists = a
        .slots
        .iter()
        .all(|(t, _, w)| b.slots.iter().any(|(u, _, v)| t == u && w == v));
    let of_a = a.dependences.iter().position(|d| along(d, b))?;
    b.dependences.iter().position(|d| {
        d.at.len() == a.slots.len()
            && a.slots
                .iter()
                .all(|(t, axes, _)| d.at.get(t).is_some_and(|p| axes.contains(&p.0)))
    })?;
    if a.group != b.group
        || !same_twists
        || matches!(
            a.group,
            Group::PlaneRotations(_) | Group::OrthogonalFixingOnes
        )
    {
        return None;
    }
    let slots = a
        .slots
        .iter()
        .map(|(t, axes, w)| {
            let axis = b.slots.iter().find(|(u, ..)| u == t).map(|s| s.1[0]);
            (*t, axes.iter().copied().chain(axis).collect(), *w)
        })
        .collect();
    let mut dependences = a.dependences.clone();
    dependences.remove(of_a);
    Some(Bond {
        traceless: false,
        group: a.group.clone(),
        size: a.size * b.size,
        slots,
        dependences,
    })
}
