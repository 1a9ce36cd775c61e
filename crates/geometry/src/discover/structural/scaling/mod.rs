//! Diagonal symmetries: solves the conditions of [`super::weights`] and joins the components of
//! a solution into functions of indices ("one scale per hidden unit").

mod diagonal;
mod family;

use crate::discover::structural::bonds::{Bond, Shape};
use crate::discover::structural::rules::Reach;
use crate::discover::structural::weights::{Kind, System};
use std::collections::BTreeMap;
use symbias_model::expression::{AxisId, Model, TensorId};
use symbias_numerics::field::{Fp, MERSENNE61, reconstruct};
use symbias_numerics::rank::ExactRowSpace;

type Exact = Fp<MERSENNE61>;

/// One parameter's share in a diagonal symmetry: its entries are multiplied by
/// `exp(exponent · α(items))`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub tensor: TensorId,
    pub exponent: f64,
    /// For each item of the solution the axis that carries it and the function of that index.
    pub axes: Vec<(usize, Shape)>,
}

/// Which functions of one item's value occur.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// Constants.
    Constant,
    /// Functions of the value with zero sum.
    Centred,
    /// Functions of a coarser value (`shape` of the finer one) with zero sum.
    Coarse(Shape, u64),
    /// Functions with zero sum on each fibre of a coarser value.
    Fibre(Shape),
}

/// A family of diagonal symmetries: α ranges over all functions of the items, or over sums of
/// some of their components.
#[derive(Clone, Debug)]
pub(crate) struct Scaling {
    pub kind: Kind,
    pub parts: Vec<Part>,
    /// Number of values of each item.
    pub sizes: Vec<u64>,
    /// `None`: all functions; otherwise the components that occur, one span per item each.
    pub components: Option<Vec<Vec<Span>>>,
    pub dimension: u128,
}

/// Finds the groups whose multiples of the identity do nothing that the groups before do not do,
/// and leaves them their matrices of trace zero; scalings that are more than that are found as such.
pub(super) fn remove_kernel(model: &Model, reach: &Reach, bonds: &mut [Bond]) {
    for kind in [Kind::Scale, Kind::Phase] {
        let system = System::new(model, reach, kind);
        let mut solver = Solver::new(model, &system, kind);
        for bond in bonds.iter_mut() {
            let identity = solver.diagonal(bond).into_iter().filter(|d| d.identity);
            let mut vectors: Vec<Vector> = identity.map(|d| d.vector).collect();
            // All or none: a group keeps its identity only where all its copies do.
            let before = (solver.used.clone(), solver.taken.len());
            if !vectors.drain(..).all(|v| solver.take(&v)) {
                bond.traceless = true;
                solver.used = before.0;
                solver.taken.truncate(before.1);
            }
        }
    }
}

/// All diagonal symmetries beyond those inside the groups of the bonds.
pub(super) fn find(model: &Model, reach: &Reach, kind: Kind, bonds: &[Bond]) -> Vec<Scaling> {
    let system = System::new(model, reach, kind);
    let mut solver = Solver::new(model, &system, kind);
    for bond in bonds {
        solver.use_diagonal(bond);
    }
    let mut found = Vec::new();
    for vector in solver.solutions() {
        let vector = solver.sparser(vector);
        found.extend(solver.family(&vector));
    }
    found
}

/// A solution: unknown → coefficient.
type Vector = BTreeMap<usize, f64>;

struct Solver<'a> {
    model: &'a Model,
    system: &'a System,
    kind: Kind,
    used: ExactRowSpace<MERSENNE61>,
    /// A basis of `used`.
    taken: Vec<Vector>,
}

impl<'a> Solver<'a> {
    fn new(model: &'a Model, system: &'a System, kind: Kind) -> Solver<'a> {
        Solver {
            model,
            system,
            kind,
            used: ExactRowSpace::new(system.unknowns.len()),
            taken: Vec::new(),
        }
    }
}

impl Solver<'_> {
    fn dense(&self, vector: &Vector) -> Vec<Exact> {
        let mut row = vec![Exact::ZERO; self.system.unknowns.len()];
        for (unknown, c) in vector {
            row[*unknown] = exact(*c);
        }
        row
    }

    /// Whether the vector solves all equations (exactly, modulo a prime).
    fn solves(&self, vector: &Vector) -> bool {
        self.system.equations.iter().all(|equation| {
            let sum = equation
                .iter()
                .filter_map(|(u, c)| vector.get(u).map(|x| exact(*c) * exact(*x)))
                .fold(Exact::ZERO, |a, b| a + b);
            sum == Exact::ZERO
        })
    }

    fn take(&mut self, vector: &Vector) -> bool {
        let mut row = self.dense(vector);
        let new = self.used.insert(&mut row);
        if new {
            self.taken.push(vector.clone());
        }
        new
    }

    /// The same solution modulo those already taken, if that moves fewer parameters: the scale of
    /// a residual stream acts on what writes to it, without undoing it in every reader.
    fn sparser(&self, vector: Vector) -> Vector {
        if vector.len() < 4 {
            return vector;
        }
        // What many solutions move is cleared first: elimination takes the first column it can.
        let mut moved = vec![0_usize; self.system.unknowns.len()];
        self.taken
            .iter()
            .flat_map(BTreeMap::keys)
            .for_each(|u| moved[*u] += 1);
        let mut order: Vec<usize> = (0..moved.len()).collect();
        order.sort_by_key(|u| std::cmp::Reverse(moved[*u]));
        let permuted = |v: &Vector| -> Vec<Exact> {
            order
                .iter()
                .map(|u| v.get(u).map_or(Exact::ZERO, |c| exact(*c)))
                .collect()
        };
        let mut rows: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(order.len());
        for taken in &self.taken {
            rows.insert(&mut permuted(taken));
        }
        let mut left = permuted(&vector);
        rows.insert(&mut left);
        let left: Option<Vector> = order
            .iter()
            .zip(left)
            .filter(|(_, x)| *x != Exact::ZERO)
            .map(|(u, x)| reconstruct(x).map(|(p, q)| (*u, p as f64 / q as f64)))
            .collect();
        left.filter(|l| !l.is_empty() && l.len() < vector.len())
            .unwrap_or(vector)
    }

    /// Null space block by block (unknowns that share an equation), more indices first, and
    /// within a block fewer tensors first.
    fn solutions(&self) -> Vec<Vector> {
        let count = self.system.unknowns.len();
        let mut block: Vec<usize> = (0..count).collect();
        fn root(block: &mut [usize], mut i: usize) -> usize {
            while block[i] != i {
                block[i] = block[block[i]];
                i = block[i];
            }
            i
        }
        for equation in &self.system.equations {
            let mut members = equation.keys();
            let Some(first) = members.next() else {
                continue;
            };
            let a = root(&mut block, *first);
            for other in members {
                let b = root(&mut block, *other);
                block[b] = a;
            }
        }
        let mut blocks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in 0..count {
            blocks.entry(root(&mut block, i)).or_default().push(i);
        }
        let mut equations: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (e, equation) in self.system.equations.iter().enumerate() {
            if let Some(first) = equation.keys().next() {
                equations
                    .entry(root(&mut block, *first))
                    .or_default()
                    .push(e);
            }
        }
        let mut found = Vec::new();
        for (id, members) in blocks {
            let mut rows: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(members.len());
            for e in equations.get(&id).into_iter().flatten() {
                let mut row = vec![Exact::ZERO; members.len()];
                for (u, c) in &self.system.equations[*e] {
                    if let Ok(position) = members.binary_search(u) {
                        row[position] = exact(*c);
                    }
                }
                rows.insert(&mut row);
            }
            for null in rows.nullspace() {
                let vector: Option<Vector> = members
                    .iter()
                    .zip(null)
                    .filter(|(_, x)| *x != Exact::ZERO)
                    .map(|(u, x)| reconstruct(x).map(|(p, q)| (*u, p as f64 / q as f64)))
                    .collect();
                // A coefficient that is no small fraction cannot be stated; the rule stays silent.
                found.extend(vector);
            }
        }
        let rank = |v: &Vector| {
            let levels = v.keys().map(|u| &self.system.unknowns[*u].levels);
            let fine = levels.clone().flatten().filter(|l| l.1 == 0).count();
            (
                std::cmp::Reverse(levels.map(Vec::len).max().unwrap_or(0)),
                std::cmp::Reverse(fine.min(1)),
                v.len(),
            )
        };
        found.sort_by_key(rank);
        found
    }

    fn axis(&self, tensor: TensorId, position: usize) -> AxisId {
        self.model.tensor(tensor).axes[position]
    }

    /// Identity of a level: `h//2` on an axis of heads is the index of the axis of key heads.
    fn identity(&self, tensor: TensorId, (position, level): (usize, usize)) -> (AxisId, usize) {
        let axis = self.axis(tensor, position);
        self.system
            .targets
            .get(&(axis, level))
            .map_or((axis, level), |target| (*target, 0))
    }

    /// The unknown of a tensor at these levels (sorted by position).
    fn unknown(&self, tensor: TensorId, levels: &[(usize, usize)]) -> Option<usize> {
        let mut levels = levels.to_vec();
        levels.sort_unstable();
        self.system
            .unknowns
            .iter()
            .position(|u| u.tensor == tensor && u.levels == levels)
    }
}

/// A small rational number, exactly, in the prime field.
fn exact(x: f64) -> Exact {
    let mut denominator: i64 = 1;
    while denominator < 1_000_000 {
        let scaled = x * denominator as f64;
        if scaled == scaled.round() && scaled.abs() < 9e15 {
            break;
        }
        // Exponents in files are decimal or dyadic numbers, or small fractions of them.
        denominator += 1;
    }
    let numerator = (x * denominator as f64).round() as i64;
    Exact::from_ratio(numerator, denominator).unwrap_or(Exact::ZERO)
}
