//! From the graph to steps over one arena: which dimension is the lane of each array, where it
//! lies, and which kernel computes it.

mod contract;
mod cost;
mod lanes;
mod place;
mod rows;
mod table;

use super::contraction::Contraction;
use super::dots::{Dots, Total, Totals};
use super::fuse::{Fused, fuse};
use super::graph::{Dim, Graph, Id, Leaf, Op, REPLICA};
use super::kernel::{RowKind, Rows};
use super::moves::{Clear, Move, Transpose};
use super::reach::Steps;
use super::reduce::{FirstMax, Reduce};
use super::slot::{DEEPEST, Slot};
use super::sparse::Sparse;
use crate::error::{Error, ErrorKind, Result};
use cost::Order;
use lanes::{Assignment, assign};
use std::collections::HashMap;
use std::sync::Arc;

/// One step of a program.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Rows(Rows),
    Contraction(Contraction),
    Dots(Dots),
    Total(Total),
    Totals(Totals),
    Sparse(Sparse),
    Reduce(Reduce),
    FirstMax(FirstMax),
    Move(Move),
    Transpose(Transpose),
    Clear(Clear),
}

/// Steps, and where everything lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// What depends on constants only: run once for each workspace.
    pub prologue: Steps,
    pub steps: Steps,
    pub slots: HashMap<Id, Slot>,
    /// Fixed entries, loaded once.
    pub constants: Vec<(Slot, Arc<[f64]>, Vec<Dim>)>,
    /// Numbers in the arena.
    pub len: usize,
    /// Multiply-adds per run and replica, counted as two operations each.
    pub operations: f64,
    /// Where ∇L goes, one region per leaf of θ; empty if the task has no gradient.
    pub gradient: Vec<Slot>,
    /// Numbers of θ, which begin the arena; ∇L follows in the same order.
    pub resident: usize,
}

/// What is to be planned.
pub(super) struct Request<'a> {
    /// Results; they and the leaves keep their places.
    pub roots: &'a [Id],
    /// The leaves of θ, which come first in the arena.
    pub theta: &'a [Id],
    /// Their gradients, if there are any, which follow in the same order and form.
    pub gradient: &'a [Id],
    /// Whether lanes are replicas, and whether inputs have them.
    pub replicas: bool,
    pub inputs_vary: bool,
    /// Lanes of a vector.
    pub width: usize,
}

pub(super) struct Planner<'a> {
    graph: &'a Graph,
    assigned: Assignment<'a>,
    orders: Vec<Option<Order>>,
    width: usize,
    plan: Plan,
    /// Sums that a contraction has computed where their combination with another array goes, which is thereby done.
    joined: HashMap<Id, Slot>,
    /// Nodes that are computed where a gradient is delivered.
    pinned: HashMap<Id, Slot>,
    /// Uses of each node that are still to come.
    uses: Vec<usize>,
    /// Freed regions: length → offsets.
    free: HashMap<usize, Vec<usize>>,
    /// Nodes that share the region of another one.
    owner: HashMap<Id, Id>,
    /// Copies of an owner in other layouts, by the position of the lane.
    copies: HashMap<Id, Vec<(usize, Slot)>>,
    /// Whether steps are run once.
    once: bool,
    one: Option<Slot>,
}

/// Plans the computation.
pub(super) fn plan(graph: &mut Graph, request: &Request<'_>) -> Result<Plan> {
    let fused = fuse(graph, request.roots);
    let pairs = request.theta.iter().copied();
    let delivered: Vec<(Id, Id)> = pairs.zip(request.gradient.iter().copied()).collect();
    let mut now = assign(graph, &fused, delivered.clone(), request.width);
    let before = Assignment {
        graph,
        fused: &fused,
        delivered: delivered.clone(),
        width: request.width,
        now: now.clone(),
    };
    let orders: Vec<Option<Order>> = (0..graph.nodes.len() as Id)
        .map(|id| before.order(id))
        .collect();
    if request.replicas {
        replicate(graph, request.inputs_vary, &mut now.lane);
    }
    let graph = &*graph;
    let assigned = Assignment {
        graph,
        fused: &fused,
        delivered,
        width: request.width,
        now,
    };
    let mut planner = Planner {
        graph,
        assigned,
        orders,
        width: request.width,
        plan: Plan {
            prologue: Steps::new(request.width),
            steps: Steps::new(request.width),
            ..Plan::default()
        },
        joined: HashMap::new(),
        pinned: HashMap::new(),
        uses: vec![0; graph.nodes.len()],
        free: HashMap::new(),
        owner: HashMap::new(),
        copies: HashMap::new(),
        once: false,
        one: None,
    };
    planner.all(request, &fused)?;
    planner.plan.within(request.width)?;
    Ok(planner.plan)
}

impl Plan {
    /// Refuses steps that leave the arena. A vector may be read from the last number on, but what is written is in it.
    pub fn within(&self, width: usize) -> Result<()> {
        for steps in [&self.prologue, &self.steps] {
            let reach = steps.reach();
            if reach.written > self.len || !steps.fit(self.len + width, width) {
                let message = format!(
                    "a step reads up to number {} and writes up to {} of an arena of {}",
                    reach.touched, reach.written, self.len
                );
                return Err(Error::new(ErrorKind::Unsupported, message)
                    .remedy("this is a fault of the program: please report the model file"));
            }
        }
        Ok(())
    }
}

/// Gives the dimension of the replicas, and it as the lane, to all that depends on what each replica has of its own.
fn replicate(graph: &mut Graph, inputs_vary: bool, lane: &mut [Option<Dim>]) {
    for (id, lane) in lane.iter_mut().enumerate() {
        let varies = match &graph.nodes[id].op {
            Op::Leaf(Leaf::Constant(_)) => false,
            Op::Leaf(Leaf::Input(..)) => inputs_vary,
            Op::Leaf(_) => true,
            other => {
                let of = |a: &Id| graph.dims(*a).contains(&REPLICA);
                other.arguments().iter().any(of)
            }
        };
        if varies {
            graph.nodes[id].dims.push(REPLICA);
            *lane = Some(REPLICA);
        }
    }
}

impl Planner<'_> {
    fn all(&mut self, request: &Request<'_>, fused: &Fused) -> Result<()> {
        let live: Vec<Id> = (0..self.graph.nodes.len() as Id)
            .filter(|id| fused.live[*id as usize])
            .collect();
        for id in &live {
            for argument in self.graph.op(*id).arguments() {
                self.uses[argument as usize] += 1;
            }
        }
        for root in request.roots {
            self.uses[*root as usize] += 1;
        }
        for leaf in request.theta {
            let slot = self.reserve(self.graph.dims(*leaf), self.lane_of(*leaf));
            self.plan.slots.insert(*leaf, slot);
        }
        self.plan.resident = self.plan.len;
        for (leaf, root) in request.theta.iter().zip(request.gradient) {
            let mut slot = self.slot(*leaf);
            slot.offset = self.plan.len;
            self.plan.len += slot.len;
            self.plan.gradient.push(slot.clone());
            if let Some((owner, place)) = self.pin(*leaf, *root, &slot) {
                self.pinned.insert(owner, place);
            }
        }
        for id in live {
            self.node(id)?;
        }
        for (k, root) in request.gradient.iter().enumerate() {
            self.deliver(*root, k);
        }
        Ok(())
    }

    /// The node that can be computed where a gradient is delivered, and that place by its names.
    fn pin(&self, leaf: Id, root: Id, into: &Slot) -> Option<(Id, Slot)> {
        let owner = self.assigned.owner(root);
        let names: Vec<(Dim, Dim)> = self
            .graph
            .dims(leaf)
            .iter()
            .map(|d| (*d, self.assigned.outward(root, *d)))
            .collect();
        let named: Vec<Dim> = names.iter().map(|n| n.1).collect();
        let own = self.graph.dims(owner);
        let slot = into.renamed(&names);
        let alike = own.len() == named.len() && own.iter().all(|d| named.contains(d));
        let fits = !matches!(self.graph.op(owner), Op::Leaf(_))
            && !self.graph.fixed(owner)
            && !self.pinned.contains_key(&owner)
            && alike
            && slot.lane == self.lane_of(owner)
            && (slot.lane.is_some() || own == named);
        fits.then_some((owner, slot))
    }

    /// Copies a gradient that lies elsewhere to its region, and clears the padding there.
    fn deliver(&mut self, root: Id, number: usize) {
        let into = self.plan.gradient[number].clone();
        let owner = self.assigned.owner(root);
        let computed = self.pinned.get(&owner).map(|p| p.offset) == Some(into.offset);
        let clean = computed && self.slot(owner).clean;
        if !computed {
            let same = self.graph.dims(root).len() == into.dims.len();
            let from = self.with_lane(root, same.then_some(into.lane));
            if same || into.lane.is_some() {
                self.rows_of(RowKind::Copy, &into, &[&from]);
            } else {
                self.move_of(&into, &from);
            }
        }
        if !clean {
            self.clear(&into);
        }
    }

    fn clear(&mut self, slot: &Slot) {
        let (size, padded) = match slot.lane {
            Some(l) => (self.size(l), self.blocks(slot.lane) * self.width),
            None => (slot.dims.iter().map(|d| d.1).product(), slot.len),
        };
        if size < padded {
            self.emit(Step::Clear(Clear {
                at: slot.offset,
                rows: slot.len / padded,
                padded,
                size,
            }));
        }
    }

    fn emit(&mut self, step: Step) {
        if self.once {
            self.plan.prologue.push(step);
        } else {
            self.plan.steps.push(step);
        }
    }

    fn node(&mut self, id: Id) -> Result<()> {
        if self.assigned.is_alias(id) {
            self.alias(id);
            return Ok(());
        }
        self.once = self.graph.fixed(id);
        let dims = self.graph.dims(id).to_vec();
        let slot = match self.graph.op(id).clone() {
            Op::Leaf(Leaf::Theta(..)) => return Ok(()),
            Op::Leaf(leaf) => {
                let slot = self.reserve(&dims, self.lane_of(id));
                if let Leaf::Constant(entries) = leaf {
                    self.plan.constants.push((slot.clone(), entries, dims));
                }
                slot
            }
            Op::Rename(..) => return Ok(()),
            Op::Contract(_) => self.contract(id),
            Op::Combine(terms) => self.combine(id, &terms),
            Op::Map(f, x) => self.rows(id, RowKind::Map(f), &[x]),
            Op::Choose(of) => self.rows(id, RowKind::Select, &of),
            Op::LogSumExp(x) => self.reduced(id, false, x),
            Op::Max(x) => self.reduced(id, true, x),
            Op::FirstMax(x, y) => self.first_max(id, x, y),
            Op::Gather {
                from,
                consumed,
                new,
                table,
            } => self.gather(id, from, [&consumed, &new], &table),
            Op::Scatter {
                factors,
                consumed,
                new,
                table,
            } => self.scatter(id, &factors, [&consumed, &new], &table),
            Op::Select {
                dims: over,
                mask,
                then,
                otherwise,
            } => self.select(id, (&over, &mask), [then, otherwise]),
        };
        self.once = false;
        if slot.dims.len() > DEEPEST {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a value has more than {DEEPEST} indices"),
            ));
        }
        self.plan.slots.insert(id, slot);
        for argument in self.graph.op(id).arguments() {
            self.release(argument);
        }
        Ok(())
    }

    /// A node that lies where its argument does.
    fn alias(&mut self, id: Id) {
        let x = self.graph.op(id).arguments()[0];
        let owner = self.owner.get(&x).copied().unwrap_or(x);
        self.owner.insert(id, owner);
        // The region lives as long as any of its names: one use of the owner stays taken.
        if owner != x {
            self.uses[owner as usize] += 1;
            self.release(x);
        }
        if let Op::Rename(_, names) = self.graph.op(id) {
            let slot = self.slot(x).renamed(names);
            self.plan.slots.insert(id, slot);
        }
    }
}
