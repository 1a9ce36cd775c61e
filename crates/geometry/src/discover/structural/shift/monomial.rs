//! What a value is moved by: Σ over bound letters of β(items) · Π atoms, β any function of some axes.
//!
//! All parameters are moved by multiples of the same functions β, one for each list of axes, so
//! that whether two moves cancel is a question about their coefficients.

use crate::factor::action::{BOUND, LETTER, Shape, mentions};
use symbias_model::expression::{AxisId, Field, IndexExpr, Label, Model, NodeId, TensorId};

/// An argument of β: a function of one axis (at this level) with zero sum, at an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub axis: AxisId,
    pub level: usize,
    pub at: IndexExpr,
}

/// What multiplies β.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// An entry; one index for each axis.
    Tensor(TensorId),
    /// A value; one index for each of its letters.
    Node(NodeId),
    /// What an operation that is linear, and no more is known of it, makes of a move. The indices
    /// are those that it may depend on, those of β included.
    Image(NodeId, Box<Monomial>),
}

/// A factor beside β.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Atom {
    pub what: What,
    pub at: Vec<IndexExpr>,
    pub inverse: bool,
}

/// One move, up to a small rational coefficient. At a node its letters are those of the node, at
/// a tensor the positions of the axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Monomial {
    /// Whether β is real or complex.
    pub field: Field,
    pub items: Vec<Item>,
    pub atoms: Vec<Atom>,
    /// The axes of the letters that are summed, [`BOUND`] and following.
    pub bound: Vec<AxisId>,
    /// Bits of a constant factor that is no small fraction.
    scale: u64,
}

/// More factors than this are not followed.
const ATOMS: usize = 6;

impl Monomial {
    pub fn new(field: Field, items: Vec<Item>) -> Monomial {
        Monomial {
            field,
            items,
            atoms: Vec::new(),
            bound: Vec::new(),
            scale: 1.0_f64.to_bits(),
        }
    }

    pub fn scale(&self) -> f64 {
        f64::from_bits(self.scale)
    }

    /// The same with another constant.
    pub fn scaled(mut self, by: f64) -> Monomial {
        self.scale = (self.scale() * by).to_bits();
        self
    }

    /// β and nothing else.
    pub fn is_plain(&self) -> bool {
        self.atoms.is_empty() && self.bound.is_empty()
    }

    pub fn is_too_long(&self) -> bool {
        self.atoms.len() > ATOMS
    }

    fn indices(&self) -> impl Iterator<Item = &IndexExpr> {
        let atoms = self.atoms.iter().flat_map(|a| &a.at);
        self.items.iter().map(|i| &i.at).chain(atoms)
    }

    /// The free letters, ascending.
    pub fn letters(&self) -> Vec<Label> {
        let mut found = Vec::new();
        self.indices()
            .for_each(|e| e.for_each_label(&mut |l| found.push(l)));
        found.retain(|l| l.0 < BOUND);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The same with other indices in the place of free letters; `None` where one has none.
    pub fn renamed(&self, with: &impl Fn(Label) -> Option<IndexExpr>) -> Option<Monomial> {
        let place = |l: Label| match l.0 {
            BOUND.. => Some(IndexExpr::Label(l)),
            _ => with(l),
        };
        let mut new = self.clone();
        for item in &mut new.items {
            item.at = renamed(&item.at, &place)?;
        }
        for atom in &mut new.atoms {
            for at in &mut atom.at {
                *at = renamed(at, &place)?;
            }
        }
        Some(new)
    }

    /// The sum over letters: the move and its factor, or `None` where it is zero. A letter that
    /// nothing carries counts its values; β has zero sum along an axis of its own; a softmax has the
    /// sum one and a centred vector zero where nothing else carries the letter.
    pub fn summed(
        mut self,
        model: &Model,
        over: &[Label],
        axial: &impl Fn(&Atom) -> Option<(Sum, usize)>,
    ) -> Option<(Monomial, f64)> {
        for letter in over {
            let fresh = IndexExpr::Label(Label(BOUND + self.bound.len() as u32));
            self.bound.push(model.labels[letter.index()].axis);
            let place = |l: Label| match l == *letter {
                true => Some(fresh.clone()),
                false => Some(IndexExpr::Label(l)),
            };
            self = self.renamed(&place)?;
        }
        let mut factor = 1.0;
        let mut k = 0;
        while k < self.bound.len() {
            match self.value(k, axial) {
                Value::Kept => k += 1,
                Value::Zero => return None,
                Value::Count => {
                    factor *= model.axis_size(self.bound[k]) as f64;
                    self.unbind(k);
                    k = 0;
                }
                Value::One(atom) => {
                    self.atoms.remove(atom);
                    self.unbind(k);
                    k = 0;
                }
            }
        }
        self.sort();
        Some((self, factor))
    }

    /// What the sum over one bound letter is.
    fn value(&self, k: usize, axial: &impl Fn(&Atom) -> Option<(Sum, usize)>) -> Value {
        let letter = Label(BOUND + k as u32);
        let plain = IndexExpr::Label(letter);
        let items: Vec<&Item> = self
            .items
            .iter()
            .filter(|i| mentions(&i.at, letter))
            .collect();
        let atoms: Vec<usize> = (0..self.atoms.len())
            .filter(|a| self.atoms[*a].at.iter().any(|e| mentions(e, letter)))
            .collect();
        match (&items[..], &atoms[..]) {
            ([], []) => Value::Count,
            // At a coarser level the zero sum is over the coarse values.
            ([item], []) if item.level == 0 && item.at == plain => Value::Zero,
            ([], [one]) => {
                let atom = &self.atoms[*one];
                let along = atom.at.iter().filter(|e| mentions(e, letter)).count() == 1;
                match axial(atom).filter(|(_, p)| along && !atom.inverse && atom.at[*p] == plain) {
                    Some((Sum::One, _)) => Value::One(*one),
                    Some((Sum::Zero, _)) => Value::Zero,
                    None => Value::Kept,
                }
            }
            _ => Value::Kept,
        }
    }

    /// Removes a bound letter that nothing carries.
    fn unbind(&mut self, k: usize) {
        self.bound.remove(k);
        let gone = BOUND + k as u32;
        self.rebind(&|l| if l > gone { l - 1 } else { l });
    }

    fn rebind(&mut self, new: &impl Fn(u32) -> u32) {
        let place = |l: Label| {
            Some(IndexExpr::Label(Label(if l.0 >= BOUND && l != LETTER {
                new(l.0)
            } else {
                l.0
            })))
        };
        let items = self.items.iter_mut().map(|i| &mut i.at);
        let atoms = self.atoms.iter_mut().flat_map(|a| &mut a.at);
        for at in items.chain(atoms) {
            if let Some(again) = renamed(at, &place) {
                *at = again;
            }
        }
    }

    /// One order for atoms and for bound letters, so that equal moves are equal.
    pub fn sort(&mut self) {
        let key = |a: &Atom| match &a.what {
            What::Tensor(t) => (0, t.0, a.inverse),
            What::Node(n) => (1, n.0, a.inverse),
            What::Image(n, _) => (2, n.0, a.inverse),
        };
        self.atoms.sort_by_key(key);
        let mut seen: Vec<u32> = Vec::new();
        self.indices().for_each(|e| {
            e.for_each_label(&mut |l| {
                if l.0 >= BOUND && l != LETTER && !seen.contains(&l.0) {
                    seen.push(l.0);
                }
            });
        });
        let axes = seen.iter().map(|l| self.bound[(l - BOUND) as usize]);
        self.bound = axes.collect();
        let position = |l: u32| seen.iter().position(|s| *s == l).unwrap_or(0) as u32;
        self.rebind(&|l| BOUND + position(l));
    }
}

/// What a factor sums to along the letter that it runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    One,
    Zero,
}

enum Value {
    Kept,
    Zero,
    /// Nothing depends on the letter.
    Count,
    /// This atom has sum one, and alone carries the letter.
    One(usize),
}

/// The function of an index that a level is, at an index.
pub(crate) fn shaped(shape: &Shape, at: &IndexExpr) -> IndexExpr {
    let whole = |l: Label| match l == LETTER {
        true => Some(at.clone()),
        false => Some(IndexExpr::Label(l)),
    };
    let shape = shape.as_ref().and_then(|s| renamed(s, &whole));
    shape.unwrap_or_else(|| at.clone())
}

/// An index expression with others in the place of its letters.
pub(crate) fn renamed(
    expr: &IndexExpr,
    with: &impl Fn(Label) -> Option<IndexExpr>,
) -> Option<IndexExpr> {
    let again = |e: &IndexExpr| renamed(e, with).map(Box::new);
    Some(match expr {
        IndexExpr::Label(l) => with(*l)?,
        IndexExpr::Constant(c) => IndexExpr::Constant(*c),
        IndexExpr::Add(a, b) => IndexExpr::Add(again(a)?, again(b)?),
        IndexExpr::Sub(a, b) => IndexExpr::Sub(again(a)?, again(b)?),
        IndexExpr::Mul(a, b) => IndexExpr::Mul(again(a)?, again(b)?),
        IndexExpr::FloorDiv(a, n) => IndexExpr::FloorDiv(again(a)?, *n),
        IndexExpr::Mod(a, n) => IndexExpr::Mod(again(a)?, *n),
        IndexExpr::Lookup { tensor, index } => IndexExpr::Lookup {
            tensor: *tensor,
            index: index
                .iter()
                .map(|e| renamed(e, with))
                .collect::<Option<_>>()?,
        },
    })
}
