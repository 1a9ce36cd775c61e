//! Translations: parameters whose shift by a function of some of their indices is absorbed
//! downstream (softmax over another index, centring, an unused output) or cancelled by the shift
//! of a later additive parameter (value bias and output bias).
//!
//! The shift of one component (a subset of the parameter's indices) is followed through the
//! graph. `letters` are those on which the shift of a node may depend.

mod product;
mod sum;

use crate::discover::structural::rules::Reach;
use std::collections::{BTreeSet, HashMap};
use symbias_model::expression::{
    Axial, IndexExpr, Label, Model, Node, NodeId, Op, Reduction, Source, TensorId,
};

/// A family of translations of one parameter.
#[derive(Clone, Debug)]
pub(crate) struct Shift {
    pub tensor: TensorId,
    /// The subsets of axes whose functions occur (each with zero sum along each of its axes).
    pub components: Vec<Vec<usize>>,
    pub compensation: Option<Compensation>,
    pub dimension: u128,
    /// The parameter does not reach the outputs at all.
    pub unused: bool,
}

/// δR = −coefficient · Σ f·Q, or −coefficient · f without a Q.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compensation {
    /// R, the parameter that moves against the shift, and the letters of its axes.
    pub tensor: TensorId,
    pub letters: Vec<Label>,
    pub coefficient: f64,
    /// Letters of the axes of the shifted parameter.
    pub source: Vec<Label>,
    /// Letters that are summed on the way.
    pub summed: Vec<Label>,
    /// Q, a parameter that the shift passed through, and the letters of its axes.
    pub through: Option<(TensorId, Vec<Label>)>,
}

/// The exact form of a shift, as long as it is linear in at most one parameter.
#[derive(Clone, Debug, PartialEq)]
struct Form {
    coefficient: f64,
    source: Vec<Label>,
    summed: Vec<Label>,
    through: Option<(TensorId, Vec<Label>)>,
}

/// The shift of a node: the letters on which it may depend, and its form if known.
#[derive(Clone, Debug)]
struct Moved {
    letters: BTreeSet<Label>,
    form: Option<Form>,
}

/// All translations found by the rules.
pub(super) fn find(model: &Model, reach: &Reach) -> Vec<Shift> {
    let mut found = Vec::new();
    for tensor in model.parameters() {
        let unused = !reach.tensors[tensor.index()];
        let axes = model.tensor(tensor).axes.len();
        let mut groups: Vec<(Option<Compensation>, Vec<Vec<usize>>)> = Vec::new();
        for subset in 0..1u32 << axes {
            let component: Vec<usize> = (0..axes).filter(|a| subset & (1 << a) != 0).collect();
            let mut walk = Walk {
                model,
                reach,
                tensor,
                component: &component,
                compensation: None,
                moved: HashMap::new(),
            };
            if unused || walk.absorbed() {
                let compensation = walk.compensation;
                match groups.iter_mut().find(|g| g.0 == compensation) {
                    Some(group) => group.1.push(component),
                    None => groups.push((compensation, vec![component])),
                }
            }
        }
        for (compensation, components) in groups {
            let size = |a: &usize| u128::from(model.axis_size(model.tensor(tensor).axes[*a]) - 1);
            let functions: u128 = components
                .iter()
                .map(|c| c.iter().map(size).product::<u128>())
                .sum();
            let dimension = functions * model.tensor(tensor).field.width() as u128;
            if dimension > 0 {
                found.push(Shift {
                    tensor,
                    components,
                    compensation,
                    dimension,
                    unused,
                });
            }
        }
    }
    found
}

struct Walk<'a> {
    model: &'a Model,
    reach: &'a Reach,
    tensor: TensorId,
    component: &'a [usize],
    compensation: Option<Compensation>,
    moved: HashMap<TensorId, Option<Moved>>,
}

/// The walk met an operation that the shift does not survive.
struct Lost;

impl Walk<'_> {
    /// Whether no output moves.
    fn absorbed(&mut self) -> bool {
        for id in self.model.order.clone() {
            if !self.reach.tensors[id.index()] {
                continue;
            }
            let Source::Defined { node, labels } = &self.model.tensor(id).source else {
                continue;
            };
            let mut nodes = HashMap::new();
            let Ok(moved) = self.node(*node, &mut nodes) else {
                return false;
            };
            // From here on positions stand for letters; forms stay in the letters of their
            // statement and end with it unless it is the bare parameter again.
            let placed = moved.map(|m| Moved {
                letters: m
                    .letters
                    .iter()
                    .filter_map(|l| labels.iter().position(|x| x == l).map(|p| Label(p as u32)))
                    .collect(),
                form: m.form.and_then(|f| {
                    let place = |ls: &[Label]| -> Option<Vec<Label>> {
                        ls.iter()
                            .map(|l| labels.iter().position(|x| x == l).map(|p| Label(p as u32)))
                            .collect()
                    };
                    let source = place(&f.source)?;
                    f.through.is_none().then_some(Form { source, ..f })
                }),
            });
            self.moved.insert(id, placed);
        }
        self.model
            .outputs
            .iter()
            .all(|o| !matches!(self.moved.get(o), Some(Some(_))))
    }

    fn node(
        &mut self,
        id: NodeId,
        known: &mut HashMap<NodeId, Option<Moved>>,
    ) -> Result<Option<Moved>, Lost> {
        if let Some(done) = known.get(&id) {
            return Ok(done.clone());
        }
        let node = self.model.node(id);
        let arguments = node.op.arguments();
        let mut moved = Vec::with_capacity(arguments.len());
        for argument in &arguments {
            moved.push(self.node(*argument, known)?);
        }
        let result = match &node.op {
            Op::Access { tensor, index, .. } => self.access(node, *tensor, index)?,
            _ if moved.iter().all(Option::is_none) => None,
            Op::Product { factors, summed } => self.product(factors, summed, &moved)?,
            Op::Sum { .. } => self.sum(node, &moved)?,
            Op::Reduce {
                reduction: Reduction::Sum | Reduction::Mean,
                over,
                ..
            } => moved
                .swap_remove(0)
                .filter(|m| !self.cancels(m, over))
                .map(|m| Moved {
                    letters: m
                        .letters
                        .into_iter()
                        .filter(|l| !over.contains(l))
                        .collect(),
                    form: None,
                }),
            Op::Axial {
                operation, over, ..
            } => self.axial(*operation, over, moved.swap_remove(0))?,
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                let infinite =
                    |n: &NodeId| matches!(self.model.node(*n).op, Op::Number(x) if x.is_infinite());
                let mut letters: BTreeSet<Label> = moved
                    .iter()
                    .flatten()
                    .flat_map(|m| m.letters.clone())
                    .collect();
                // −∞ + c = −∞: a masked entry moves with the others.
                if !infinite(then) && !infinite(otherwise) {
                    condition.for_each_label(&mut |l| {
                        letters.insert(l);
                    });
                }
                Some(Moved {
                    letters,
                    form: None,
                })
            }
            Op::Rope { over, position, .. } => moved.swap_remove(0).map(|mut m| {
                m.letters.insert(*over);
                m.letters.extend(&self.model.node(*position).labels);
                Moved {
                    letters: m.letters,
                    form: None,
                }
            }),
            _ => return Err(Lost),
        };
        known.insert(id, result.clone());
        Ok(result)
    }

    fn access(
        &mut self,
        node: &Node,
        tensor: TensorId,
        index: &[IndexExpr],
    ) -> Result<Option<Moved>, Lost> {
        let plain: Option<Vec<Label>> = index.iter().map(IndexExpr::as_label).collect();
        if tensor == self.tensor {
            let mut letters = BTreeSet::new();
            for axis in self.component {
                index[*axis].for_each_label(&mut |l| {
                    letters.insert(l);
                });
            }
            let exact = plain.filter(|p| p.iter().collect::<BTreeSet<_>>().len() == p.len());
            let form = exact.map(|source| Form {
                coefficient: 1.0,
                source,
                summed: Vec::new(),
                through: None,
            });
            // Zero padding is not shifted along.
            let padded = matches!(node.op, Op::Access { zero: true, .. });
            return if padded {
                Err(Lost)
            } else {
                Ok(Some(Moved { letters, form }))
            };
        }
        let Some(Some(moved)) = self.moved.get(&tensor) else {
            return Ok(None);
        };
        if matches!(node.op, Op::Access { zero: true, .. }) {
            return Err(Lost);
        }
        let mut letters = BTreeSet::new();
        for position in &moved.letters {
            index[position.index()].for_each_label(&mut |l| {
                letters.insert(l);
            });
        }
        let form = moved.form.clone().zip(plain).map(|(form, plain)| Form {
            source: form.source.iter().map(|p| plain[p.index()]).collect(),
            ..form
        });
        Ok(Some(Moved { letters, form }))
    }

    fn axial(
        &self,
        operation: Axial,
        over: &[Label],
        moved: Option<Moved>,
    ) -> Result<Option<Moved>, Lost> {
        let Some(mut moved) = moved else {
            return Ok(None);
        };
        let constant = !over.iter().any(|l| moved.letters.contains(l));
        match operation {
            Axial::Softmax | Axial::LogSoftmax | Axial::LayerNorm | Axial::Standardize
                if constant =>
            {
                Ok(None)
            }
            Axial::CumSum => {
                moved.letters.extend(over);
                Ok(Some(Moved {
                    letters: moved.letters,
                    form: None,
                }))
            }
            _ => Err(Lost),
        }
    }
}
