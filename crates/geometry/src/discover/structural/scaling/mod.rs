//! Diagonal symmetries and translations: solves the conditions of [`super::weights`] and joins the
//! components of a solution into functions of indices ("one scale per hidden unit").

mod diagonal;
pub(super) mod exact;
mod family;
mod moved;
mod rows;

use crate::discover::structural::shift::monomial::Monomial;
use crate::discover::structural::weights::Unknown;
use crate::discover::structural::weights::{Change, System};
use crate::factor::action::{Bond, Kind, Scaling, Shift};
use exact::exact;
use rows::{Row, Rows};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use symbias_model::expression::{AxisId, Model, TensorId};
use symbias_numerics::field::{Fp, MERSENNE61, reconstruct};
use symbias_numerics::rank::ExactRowSpace;

type Exact = Fp<MERSENNE61>;

/// What rounding leaves of an equation, relative to its terms.
const ROUNDING: f64 = 1e-12;

/// Finds the groups whose multiples of the identity do nothing that the groups before do not do,
/// and leaves them their matrices of trace zero; scalings that are more than that are found as such.
pub(super) fn remove_kernel(model: &Model, systems: &[(Kind, System)], bonds: &mut [Bond]) {
    for (kind, system) in systems {
        let mut solver = Solver::new(model, system, *kind);
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

/// All diagonal symmetries beyond those inside the groups of the bonds, and all translations.
pub(super) fn find(
    model: &Model,
    (kind, system): &(Kind, System),
    bonds: &[Bond],
) -> (Vec<Scaling>, Vec<Shift>) {
    let mut solver = Solver::new(model, system, *kind);
    for bond in bonds {
        solver.use_diagonal(bond);
    }
    let (mut scalings, mut shifts) = (Vec::new(), Vec::new());
    let moves = |u: &usize| matches!(system.unknowns[*u].change, Change::Move(_));
    for vector in solver.solutions() {
        if vector.keys().any(moves) {
            shifts.extend(solver.moved_family(&vector));
        } else {
            let vector = solver.sparser(vector);
            scalings.extend(solver.family(&vector));
        }
    }
    (scalings, shifts)
}

/// A solution: unknown → coefficient.
type Vector = BTreeMap<usize, f64>;

struct Solver<'a> {
    model: &'a Model,
    system: &'a System,
    kind: Kind,
    /// What is found, without the moves of parameters along others.
    used: Rows,
    /// A basis of `used`.
    taken: Vec<Vector>,
    /// Where an unknown counts in `used`, and how often: a translation by a multiple of a function
    /// is one by the function.
    column: Vec<Option<(usize, Exact)>>,
    /// The unknowns of each parameter.
    of_tensor: HashMap<TensorId, Vec<usize>>,
    /// The equations that an unknown occurs in.
    equations: Vec<Vec<usize>>,
}

impl<'a> Solver<'a> {
    fn new(model: &'a Model, system: &'a System, kind: Kind) -> Solver<'a> {
        let mut of_tensor: HashMap<TensorId, Vec<usize>> = HashMap::new();
        for (u, unknown) in system.unknowns.iter().enumerate() {
            of_tensor.entry(unknown.tensor).or_default().push(u);
        }
        let mut equations = vec![Vec::new(); system.unknowns.len()];
        for (e, equation) in system.equations.iter().enumerate() {
            equation.keys().for_each(|u| equations[*u].push(e));
        }
        let column = system
            .unknowns
            .iter()
            .enumerate()
            .map(|(u, unknown)| match &unknown.change {
                Change::Move(m) if !m.atoms.is_empty() => None,
                Change::Move(m) if m.scale() != 1.0 => {
                    let plain = Monomial::new(m.field, m.items.clone());
                    let plain = Unknown::moved(unknown.tensor, plain);
                    let at = system.unknowns.iter().position(|v| *v == plain)?;
                    Some((at, exact(m.scale())))
                }
                _ => Some((u, Exact::ONE)),
            })
            .collect();
        Solver {
            model,
            system,
            kind,
            used: Rows::default(),
            taken: Vec::new(),
            column,
            of_tensor,
            equations,
        }
    }
}

impl Solver<'_> {
    /// The solution modulo moves of parameters along others: a solution of these alone is a
    /// translation times a function of the parameters.
    fn counted(&self, vector: &Vector) -> Row {
        let mut row = Row::new();
        for (unknown, c) in vector {
            if let Some((column, times)) = self.column[*unknown] {
                let entry = row.entry(column).or_insert(Exact::ZERO);
                *entry += exact(*c) * times;
            }
        }
        row
    }

    /// Whether the vector solves all equations (exactly, modulo a prime).
    fn solves(&self, vector: &Vector) -> bool {
        let mut touched: Vec<usize> = vector
            .keys()
            .flat_map(|u| self.equations[*u].iter().copied())
            .collect();
        touched.sort_unstable();
        touched.dedup();
        touched.iter().all(|e| {
            let sum = self.system.equations[*e]
                .iter()
                .filter_map(|(u, c)| vector.get(u).map(|x| exact(*c) * exact(*x)))
                .fold(Exact::ZERO, |a, b| a + b);
            sum == Exact::ZERO
        })
    }

    /// Whether fractions that were read off residues solve the equations in the real numbers too.
    fn is_solved_by(&self, vector: &Vector) -> bool {
        let touched: BTreeSet<usize> = vector
            .keys()
            .flat_map(|u| self.equations[*u].iter().copied())
            .collect();
        touched.iter().all(|e| {
            let (mut sum, mut size) = (0.0, 0.0);
            for (u, c) in &self.system.equations[*e] {
                let term = c * vector.get(u).copied().unwrap_or(0.0);
                (sum, size) = (sum + term, size + f64::abs(term));
            }
            f64::abs(sum) <= ROUNDING * size
        })
    }

    fn take(&mut self, vector: &Vector) -> bool {
        let new = self.used.insert(self.counted(vector));
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
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(p, u)| place[*u] = p);
        let permuted =
            |v: &Vector| -> Row { v.iter().map(|(u, c)| (place[*u], exact(*c))).collect() };
        let mut rows = Rows::default();
        for taken in &self.taken {
            rows.insert(permuted(taken));
        }
        let left: Option<Vector> = rows
            .reduce(permuted(&vector))
            .into_iter()
            .map(|(p, x)| reconstruct(x).map(|(n, d)| (order[p], n as f64 / d as f64)))
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
                found.extend(vector.filter(|v| self.is_solved_by(v)));
            }
        }
        let rank = |v: &Vector| {
            let levels = v.keys().map(|u| self.system.unknowns[*u].function_levels());
            let fine = levels.clone().flatten().filter(|l| *l == 0).count();
            (
                std::cmp::Reverse(levels.map(|l| l.len()).max().unwrap_or(0)),
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

    fn number(&self, unknown: &Unknown) -> Option<usize> {
        let own = self.of_tensor.get(&unknown.tensor)?;
        own.iter()
            .copied()
            .find(|u| self.system.unknowns[*u] == *unknown)
    }

    /// The scale of a tensor at these levels (sorted by position).
    fn unknown(&self, tensor: TensorId, levels: &[(usize, usize)]) -> Option<usize> {
        let mut levels = levels.to_vec();
        levels.sort_unstable();
        self.number(&Unknown::scale(tensor, levels))
    }
}
