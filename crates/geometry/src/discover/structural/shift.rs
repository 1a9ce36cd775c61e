//! Translations: parameters whose shift by a function of some of their indices is absorbed
//! downstream (softmax over another index, centring, an unused output) or cancelled by the shift
//! of a later additive parameter (value bias and output bias).
//!
//! The shift of one component (a subset of the parameter's indices) is followed through the
//! graph. `letters` are those on which the shift of a node may depend.

use super::rules::Reach;
use std::collections::{BTreeSet, HashMap};
use symbias_model::expression::{
    Axial, Factor, IndexExpr, Label, Model, Node, NodeId, Op, Reduction, Source, TensorId,
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

    fn product(
        &self,
        factors: &[Factor],
        summed: &[Label],
        moved: &[Option<Moved>],
    ) -> Result<Option<Moved>, Lost> {
        let mut shifted = moved
            .iter()
            .enumerate()
            .filter_map(|(i, m)| m.as_ref().map(|m| (i, m)));
        let (Some((at, shift)), None) = (shifted.next(), shifted.next()) else {
            return Err(Lost);
        };
        if factors[at].inverse {
            return Err(Lost);
        }
        let others: Vec<Factor> = factors
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != at)
            .map(|(_, f)| *f)
            .collect();
        let lone: Vec<Label> = summed
            .iter()
            .copied()
            .filter(|l| {
                others
                    .iter()
                    .all(|f| !self.model.node(f.node).labels.contains(l))
            })
            .collect();
        if self.cancels(shift, &lone) || self.meets_zero_sum(&others, summed, shift) {
            return Ok(None);
        }
        let mut letters = shift.letters.clone();
        let mut form = shift.form.clone();
        for (i, factor) in others.iter().enumerate() {
            if self.sums_to_one(factor, summed, shift, &others, i) {
                // Σ_s p[.., s] = 1 and nothing else depends on s: the factor drops out. Its
                // other letters stay letters of the node, but not of the shift.
                continue;
            }
            let node = self.model.node(factor.node);
            letters.extend(&node.labels);
            form = form.and_then(|f| match &node.op {
                Op::Number(c) => {
                    let scale = if factor.inverse { 1.0 / c } else { *c };
                    Some(Form {
                        coefficient: f.coefficient * scale,
                        ..f
                    })
                }
                Op::Access { .. } if f.through.is_none() && !factor.inverse => {
                    let entry = self.model.bare_entry(factor.node)?;
                    let parameter =
                        matches!(self.model.tensor(entry.tensor).source, Source::Parameter);
                    parameter.then_some(Form {
                        through: Some((entry.tensor, entry.letters)),
                        ..f
                    })
                }
                _ => None,
            });
        }
        letters.retain(|l| !summed.contains(l));
        if let Some(f) = &mut form {
            let carried = |l: &&Label| {
                f.source.contains(l) || f.through.as_ref().is_some_and(|(_, q)| q.contains(l))
            };
            let more: Vec<Label> = summed.iter().filter(carried).copied().collect();
            f.summed.extend(more);
        }
        Ok(Some(Moved { letters, form }))
    }

    /// Whether the shift has zero sum along one of these letters.
    fn cancels(&self, shift: &Moved, over: &[Label]) -> bool {
        let Some(form) = shift.form.as_ref().filter(|f| f.through.is_none()) else {
            return false;
        };
        let along = |axis: &usize| form.source.get(*axis).is_some_and(|l| over.contains(l));
        self.component.iter().any(along)
    }

    /// Whether a factor is centred along a letter that only it carries and that is summed here:
    /// Σ_h n[h] c = 0 for n = layernorm[h](…).
    fn meets_zero_sum(&self, others: &[Factor], summed: &[Label], shift: &Moved) -> bool {
        others.iter().enumerate().any(|(own, factor)| {
            let Some(over) = self.axial_letter(factor.node, |o| {
                matches!(o, Axial::LayerNorm | Axial::Standardize)
            }) else {
                return false;
            };
            let elsewhere = others
                .iter()
                .enumerate()
                .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(&over));
            let moves = shift.letters.contains(&over)
                || shift
                    .form
                    .as_ref()
                    .is_some_and(|f| f.through.as_ref().is_some_and(|(_, q)| q.contains(&over)));
            !factor.inverse && summed.contains(&over) && !moves && !elsewhere
        })
    }

    /// Whether a factor is a softmax over a letter that only it carries and that is summed here.
    fn sums_to_one(
        &self,
        factor: &Factor,
        summed: &[Label],
        shift: &Moved,
        others: &[Factor],
        own: usize,
    ) -> bool {
        let Some(over) = self.axial_letter(factor.node, |o| o == Axial::Softmax) else {
            return false;
        };
        let elsewhere = others
            .iter()
            .enumerate()
            .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(&over));
        // Letters of the softmax that are summed too (heads) must be carried by the shift's side.
        let extra_sums = self.model.node(factor.node).labels.iter().any(|l| {
            *l != over
                && summed.contains(l)
                && !shift.letters.contains(l)
                && !shift.form.as_ref().is_some_and(|f| f.source.contains(l))
                && !others
                    .iter()
                    .enumerate()
                    .any(|(i, f)| i != own && self.model.node(f.node).labels.contains(l))
        });
        !factor.inverse
            && summed.contains(&over)
            && !shift.letters.contains(&over)
            && !elsewhere
            && !extra_sums
    }

    /// The one letter that an operation of this kind runs over, seen through a definition.
    fn axial_letter(&self, id: NodeId, kind: impl Fn(Axial) -> bool + Copy) -> Option<Label> {
        match &self.model.node(id).op {
            Op::Axial {
                operation, over, ..
            } if kind(*operation) => match over[..] {
                [letter] => Some(letter),
                _ => None,
            },
            Op::Access {
                tensor,
                index,
                zero: false,
            } => {
                let Source::Defined { node, labels } = &self.model.tensor(*tensor).source else {
                    return None;
                };
                let inner = self.axial_letter(*node, kind)?;
                index[labels.iter().position(|l| *l == inner)?].as_label()
            }
            _ => None,
        }
    }

    fn sum(&mut self, node: &Node, moved: &[Option<Moved>]) -> Result<Option<Moved>, Lost> {
        let Op::Sum { terms } = &node.op else {
            return Err(Lost);
        };
        let live: Vec<(usize, &Moved)> = moved
            .iter()
            .enumerate()
            .filter_map(|(i, m)| m.as_ref().map(|m| (i, m)))
            .collect();
        if let [(at, shift)] = live[..] {
            let form = shift.form.clone().map(|f| Form {
                coefficient: if terms[at].negative {
                    -f.coefficient
                } else {
                    f.coefficient
                },
                ..f
            });
            if self.compensation.is_none()
                && let Some(form) = &form
                && let Some(compensation) = self.compensate(terms, shift, form)
            {
                self.compensation = Some(compensation);
                return Ok(None);
            }
            return Ok(Some(Moved {
                letters: shift.letters.clone(),
                form,
            }));
        }
        Ok(Some(Moved {
            letters: live.iter().flat_map(|(_, m)| m.letters.clone()).collect(),
            form: None,
        }))
    }

    /// A term of the sum that is a parameter read only here and that has all letters of the shift.
    fn compensate(
        &self,
        terms: &[symbias_model::expression::Term],
        shift: &Moved,
        form: &Form,
    ) -> Option<Compensation> {
        terms.iter().find_map(|term| {
            let entry = self.model.bare_entry(term.node)?;
            let (tensor, letters) = (&entry.tensor, entry.letters);
            let parameter = matches!(self.model.tensor(*tensor).source, Source::Parameter);
            let once = entry
                .through
                .iter()
                .chain([tensor])
                .all(|t| self.reads(*t) == 1 && !self.model.outputs.contains(t));
            // Of two plain terms the earlier one is shifted and the later one compensates.
            let ordered = form.through.is_some() || *tensor > self.tensor;
            let free = form
                .through
                .as_ref()
                .is_none_or(|(q, _)| q != tensor && *q != self.tensor);
            let covers = shift.letters.iter().all(|l| letters.contains(l));
            (parameter && *tensor != self.tensor && once && ordered && covers && free).then(|| {
                Compensation {
                    tensor: *tensor,
                    letters,
                    coefficient: if term.negative {
                        -form.coefficient
                    } else {
                        form.coefficient
                    },
                    source: form.source.clone(),
                    summed: form.summed.clone(),
                    through: form.through.clone(),
                }
            })
        })
    }

    /// How often the outputs read entries of a tensor. Equal expressions are one node with several
    /// users, so users are counted.
    fn reads(&self, tensor: TensorId) -> usize {
        let accesses = |id: NodeId| matches!(&self.model.node(id).op, Op::Access { tensor: t, .. } if *t == tensor);
        let reached =
            |(n, node): (usize, &'_ Node)| self.reach.nodes[n].then(|| node.op.arguments());
        let inside = self
            .model
            .nodes
            .iter()
            .enumerate()
            .filter_map(reached)
            .flatten();
        let bare = self
            .model
            .order
            .iter()
            .filter_map(|id| match &self.model.tensor(*id).source {
                Source::Defined { node, .. } if self.reach.tensors[id.index()] => Some(*node),
                _ => None,
            });
        inside.chain(bare).filter(|n| accesses(*n)).count()
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
