//! How the moves of parameters pass through each operation, and what it demands of them.
//!
//! To first order every value changes by δv = weight · v + move (`weights` has the first part), and
//! both are linear in the unknowns, so that each operation is a derivation: the proofs are its
//! derivative. A move that an operation does not pass on must vanish: its coefficient is an equation.

use super::monomial::{Atom, Item, Monomial, Sum, What};
use crate::discover::structural::scaling::exact::plus;
use crate::discover::structural::weights::{Combination, Key, Weight, Weights, add_to, covering};
use crate::factor::action::Kind;
use symbias_model::expression::{
    Axial, Factor, Field, Function, IndexExpr, Label, NodeId, Op, Reduction, Source, TensorId, Term,
};

/// A sum of moves, each with a linear form in the unknowns.
#[derive(Clone, Debug, Default)]
pub(in crate::discover::structural) struct Moved(Vec<(Monomial, Combination)>);

/// A value with more moves than this is pinned: products of products multiply them.
const MOVES: usize = 96;
/// Numerators and denominators of the factors that are counted as fractions.
const SMALL: f64 = 1e4;

impl Moved {
    pub fn into_combinations(self) -> impl Iterator<Item = Combination> {
        self.0.into_iter().map(|(_, c)| c)
    }

    pub(super) fn monomials(&self) -> impl Iterator<Item = &Monomial> {
        self.0.iter().map(|(m, _)| m)
    }

    pub(super) fn add(&mut self, monomial: Monomial, combination: &Combination, factor: f64) {
        let known = self.0.iter().position(|(m, _)| *m == monomial);
        let at = known.unwrap_or_else(|| {
            self.0.push((monomial, Combination::new()));
            self.0.len() - 1
        });
        add_to(&mut self.0[at].1, combination, factor);
        if self.0[at].1.is_empty() {
            self.0.swap_remove(at);
        }
    }

    pub(super) fn of(&self, monomial: &Monomial) -> Option<&Combination> {
        self.0.iter().find(|(m, _)| m == monomial).map(|(_, c)| c)
    }
}

impl Weights<'_> {
    /// Makes the translation of a parameter by a function of some axes an unknown.
    pub fn translation(&mut self, tensor: TensorId, levels: &[(usize, usize)]) {
        let info = self.model.tensor(tensor);
        let items = levels
            .iter()
            .map(|(p, level)| {
                let at = IndexExpr::Label(Label(*p as u32));
                self.system.item(info.axes[*p], *level, at)
            })
            .collect();
        self.unknown_move(tensor, Monomial::new(info.field, sorted(items)));
    }

    /// The moves of a definition, with the positions of axes in the place of letters.
    pub fn place_moves(&mut self, id: TensorId, node: NodeId, labels: &[Label]) {
        let moved = self.moved_nodes[&node].clone();
        let place = |l: Label| {
            let position = labels.iter().position(|x| *x == l)?;
            Some(IndexExpr::Label(Label(position as u32)))
        };
        let placed = self.renamed(moved, &place);
        self.moved_tensors.insert(id, placed);
    }

    fn renamed(&mut self, moved: Moved, with: &impl Fn(Label) -> Option<IndexExpr>) -> Moved {
        let mut placed = Moved::default();
        for (monomial, combination) in moved.0 {
            match monomial.renamed(with) {
                Some(m) => placed.add(m, &combination, 1.0),
                None => self.vanish([combination]),
            }
        }
        placed
    }

    /// The moves of a node; those of its arguments are known.
    pub fn moves(&mut self, id: NodeId) -> Moved {
        if self.kind != Kind::Scale {
            return Moved::default();
        }
        let model = self.model;
        let moved = match &model.node(id).op {
            Op::Number(_) | Op::Position(_) => Moved::default(),
            Op::Access {
                tensor,
                index,
                zero,
            } => self.read(*tensor, index, *zero),
            Op::Product { factors, summed } => self.product(factors, summed),
            Op::Sum { terms } => self.sum(terms),
            Op::Map { function, argument } => self.map_moves(*function, *argument),
            Op::Reduce {
                reduction,
                over,
                argument,
            } => self.reduce(*reduction, over, *argument),
            Op::Axial {
                operation,
                over,
                argument,
                ..
            } => match operation {
                // They subtract what is the same along their letters.
                Axial::Softmax | Axial::LogSoftmax | Axial::LayerNorm | Axial::Standardize => {
                    self.constant(*argument, over);
                    Moved::default()
                }
                Axial::CumSum => self.image(id, *argument, over),
                Axial::Normalize | Axial::RmsNorm => self.still_node(*argument),
            },
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                let mut letters = Vec::new();
                condition.for_each_label(&mut |l| letters.push(l));
                self.choice(id, *then, *otherwise, &letters)
            }
            Op::Rope {
                over,
                argument,
                position,
                ..
            } => {
                let mut letters = model.node(*position).labels.clone();
                letters.push(*over);
                self.image(id, *argument, &letters)
            }
            op => {
                for argument in op.arguments() {
                    self.still_node(argument);
                }
                Moved::default()
            }
        };
        if moved.0.len() > MOVES {
            return self.still(moved);
        }
        moved
    }

    fn read(&mut self, tensor: TensorId, index: &[IndexExpr], zero: bool) -> Moved {
        let moved = self.moved_tensors.get(&tensor).cloned().unwrap_or_default();
        if zero {
            // What lies outside stays zero.
            return self.still(moved);
        }
        self.renamed(moved, &|p| index.get(p.index()).cloned())
    }

    fn still(&mut self, moved: Moved) -> Moved {
        self.vanish(moved.into_combinations());
        Moved::default()
    }

    fn still_node(&mut self, id: NodeId) -> Moved {
        let moved = self.moved_nodes[&id].clone();
        self.still(moved)
    }

    /// δ Π f = Σ δf_i Π_{j≠i} f_j, summed.
    fn product(&mut self, factors: &[Factor], summed: &[Label]) -> Moved {
        let mut total = Moved::default();
        for (at, factor) in factors.iter().enumerate() {
            let moved = self.moved_nodes[&factor.node].clone();
            if factor.inverse {
                self.still(moved);
                continue;
            }
            let others: Vec<Factor> = (0..factors.len())
                .filter(|i| *i != at)
                .map(|i| factors[i])
                .collect();
            for (monomial, combination) in moved.0 {
                let (monomial, scale) = self.times(monomial, &others);
                if monomial.is_too_long() {
                    self.vanish([combination]);
                } else if let Some((m, count)) =
                    monomial.summed(self.model, summed, &|a| self.axial_sum(a))
                {
                    total.add(m, &combination, scale * count);
                }
            }
        }
        total
    }

    /// The move times factors: atoms, and a small fraction.
    fn times(&self, mut monomial: Monomial, others: &[Factor]) -> (Monomial, f64) {
        let mut fraction = 1.0;
        for factor in others {
            if let Op::Number(c) = self.model.node(factor.node).op {
                let by = if factor.inverse { 1.0 / c } else { c };
                if is_small_fraction(by) {
                    fraction = plus(0.0, fraction, by);
                } else {
                    monomial = monomial.scaled(by);
                }
            } else {
                monomial.atoms.push(self.atom(factor));
            }
        }
        (monomial, fraction)
    }

    fn atom(&self, factor: &Factor) -> Atom {
        let letter = |l: &Label| IndexExpr::Label(*l);
        let node = self.model.node(factor.node);
        let (what, at) = match (&node.op, self.model.bare_entry(factor.node)) {
            (_, Some(entry)) => (
                What::Tensor(entry.tensor),
                entry.letters.iter().map(letter).collect(),
            ),
            (
                Op::Access {
                    tensor,
                    index,
                    zero: false,
                },
                None,
            ) => (What::Tensor(*tensor), index.clone()),
            _ => (
                What::Node(factor.node),
                node.labels.iter().map(letter).collect(),
            ),
        };
        let inverse = factor.inverse;
        Atom { what, at, inverse }
    }

    /// What a factor sums to along the one letter that its operation runs over, and the letter's
    /// place among its indices.
    fn axial_sum(&self, atom: &Atom) -> Option<(Sum, usize)> {
        let (node, labels) = match atom.what {
            What::Node(id) => (id, &self.model.node(id).labels),
            What::Tensor(id) => match &self.model.tensor(id).source {
                Source::Defined { node, labels } => (*node, labels),
                _ => return None,
            },
            What::Image(..) => return None,
        };
        let Op::Axial {
            operation, over, ..
        } = &self.model.node(node).op
        else {
            return None;
        };
        let sum = match operation {
            Axial::Softmax => Sum::One,
            Axial::LayerNorm | Axial::Standardize => Sum::Zero,
            _ => return None,
        };
        let [letter] = over[..] else { return None };
        Some((sum, labels.iter().position(|l| *l == letter)?))
    }

    fn sum(&mut self, terms: &[Term]) -> Moved {
        let mut total = Moved::default();
        for term in terms {
            let sign = if term.negative { -1.0 } else { 1.0 };
            for (monomial, combination) in &self.moved_nodes[&term.node].0 {
                total.add(monomial.clone(), combination, sign);
            }
        }
        self.compensate(terms, &total);
        total
    }

    fn map_moves(&mut self, function: Function, argument: NodeId) -> Moved {
        let mut moved = self.moved_nodes[&argument].clone();
        match function {
            Function::Exp if self.is_real(argument) => {
                // exp(a + s) = e^s exp(a): a weight, where s is a function of letters.
                moved.0.retain(|(m, _)| self.key(m).is_none());
                self.still(moved)
            }
            Function::Square => {
                // δ(v²) = 2 v δv.
                let own = Factor {
                    node: argument,
                    inverse: false,
                };
                let mut total = Moved::default();
                for (monomial, combination) in moved.0 {
                    let (mut square, factor) = self.times(monomial, &[own]);
                    square.sort();
                    total.add(square, &combination, 2.0 * factor);
                }
                total
            }
            Function::Log if self.is_real(argument) => {
                self.still(moved);
                // log(e^s a) = log a + s.
                let mut logs = Moved::default();
                for (key, combination) in &self.nodes[&argument] {
                    logs.add(self.monomial(key), combination, 1.0);
                }
                logs
            }
            _ => self.still(moved),
        }
    }

    /// The weight of exp of a node whose moves are functions of its letters.
    pub fn weight_of_moves(&self, argument: NodeId) -> Weight {
        let mut weight = Weight::new();
        for (monomial, combination) in &self.moved_nodes[&argument].0 {
            if let Some(key) = self.key(monomial) {
                add_to(weight.entry(key).or_default(), combination, 1.0);
            }
        }
        weight.retain(|_, c| !c.is_empty());
        weight
    }

    /// The component of a weight that a move is.
    fn key(&self, monomial: &Monomial) -> Option<Key> {
        if !monomial.is_plain() || monomial.scale() != 1.0 || monomial.field != Field::Real {
            return None;
        }
        let mut key = Key::new();
        for item in &monomial.items {
            key.push(match item.at.as_label() {
                Some(l) => (l.0, item.level),
                None if item.level == 0 => {
                    let (l, shape) = covering(self.model, &item.at, item.axis)?;
                    let level = self
                        .system
                        .shapes
                        .iter()
                        .position(|s| s.as_ref() == Some(&shape))?;
                    (l.0, level)
                }
                None => return None,
            });
        }
        let axis = |i: &(u32, usize)| self.model.labels[i.0 as usize].axis;
        let mut pairs = (0..key.len()).flat_map(|i| (0..i).map(move |j| (j, i)));
        let ordered = pairs.all(|(j, i)| {
            key[j].0 != key[i].0 && !(axis(&key[j]) == axis(&key[i]) && key[j].0 > key[i].0)
        });
        key.sort_unstable();
        ordered.then_some(key)
    }

    /// The move that a component of a weight is under a logarithm.
    fn monomial(&self, key: &Key) -> Monomial {
        let items = key
            .iter()
            .map(|(letter, level)| {
                let axis = self.model.labels[*letter as usize].axis;
                self.system
                    .item(axis, *level, IndexExpr::Label(Label(*letter)))
            })
            .collect();
        Monomial::new(Field::Real, sorted(items))
    }

    fn reduce(&mut self, reduction: Reduction, over: &[Label], argument: NodeId) -> Moved {
        match reduction {
            Reduction::Sum | Reduction::Mean => {
                let size = |l: &Label| self.model.label_size(*l) as f64;
                let count: f64 = over.iter().map(size).product();
                let factor = if reduction == Reduction::Mean {
                    1.0 / count
                } else {
                    1.0
                };
                let mut total = Moved::default();
                for (monomial, combination) in self.moved_nodes[&argument].0.clone() {
                    let summed = monomial.summed(self.model, over, &|a| self.axial_sum(a));
                    if let Some((m, count)) = summed {
                        total.add(m, &combination, factor * count);
                    }
                }
                total
            }
            // max(a + c, b + c) = max(a, b) + c, and log(e^{a+c} + e^{b+c}) likewise.
            Reduction::Max | Reduction::LogSumExp => self.constant(argument, over),
            Reduction::Norm => self.still_node(argument),
        }
    }

    /// The moves that are the same along these letters; the others must vanish.
    fn constant(&mut self, argument: NodeId, over: &[Label]) -> Moved {
        let moved = self.moved_nodes[&argument].clone();
        let varies = |m: &Monomial| m.letters().iter().any(|l| over.contains(l));
        let (lost, kept) = moved.0.into_iter().partition(|(m, _)| varies(m));
        self.still(Moved(lost));
        Moved(kept)
    }

    /// What a linear operation makes of moves, as functions of their letters and of these.
    fn image(&mut self, id: NodeId, argument: NodeId, letters: &[Label]) -> Moved {
        let mut total = Moved::default();
        for (monomial, combination) in &self.moved_nodes[&argument].0 {
            total.add(image(id, monomial, letters), combination, 1.0);
        }
        total
    }

    fn choice(&mut self, id: NodeId, then: NodeId, otherwise: NodeId, letters: &[Label]) -> Moved {
        let infinite =
            |n: NodeId| matches!(self.model.node(n).op, Op::Number(x) if x.is_infinite());
        // −∞ + c = −∞: a masked entry moves with the others.
        if infinite(then) {
            return self.moved_nodes[&otherwise].clone();
        }
        if infinite(otherwise) {
            return self.moved_nodes[&then].clone();
        }
        // where(c, s, t) = s + where(c, 0, t − s).
        let mut difference = Moved::default();
        for (branch, sign) in [(then, -1.0), (otherwise, 1.0)] {
            for (monomial, combination) in &self.moved_nodes[&branch].0 {
                difference.add(monomial.clone(), combination, sign);
            }
        }
        let mut total = self.moved_nodes[&then].clone();
        for (monomial, combination) in &difference.0 {
            total.add(image(id, monomial, letters), combination, 1.0);
        }
        total
    }
}

/// A linear operation's value of a move, of which only the letters are known.
fn image(id: NodeId, of: &Monomial, letters: &[Label]) -> Monomial {
    let mut all = of.letters();
    all.extend(letters);
    all.sort_unstable();
    all.dedup();
    let mut image = Monomial::new(of.field, Vec::new());
    image.atoms.push(Atom {
        what: What::Image(id, Box::new(of.clone())),
        at: all.into_iter().map(IndexExpr::Label).collect(),
        inverse: false,
    });
    image
}

/// Arguments of β in the order of their axes.
fn sorted(mut items: Vec<Item>) -> Vec<Item> {
    items.sort_by_key(|i| (i.axis, i.level));
    items
}

/// Whether sums and quotients of such numbers can be recognised.
fn is_small_fraction(x: f64) -> bool {
    (1..=SMALL as u32).take(1000).any(|q| {
        let p = x * f64::from(q);
        p == p.round() && p.abs() <= SMALL && p / f64::from(q) == x
    })
}
