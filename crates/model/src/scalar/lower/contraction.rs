//! Products of many factors, contracted two by two in a good order, with never more instructions than
//! one after the other.

use super::order::{Contraction, Letters, Operand};
use super::{Key, LIMIT, Lowering, Pair, Values, too_large};
use crate::error::Result;
use crate::expression::{Factor, Field, Label, Node, NodeId, Op, Reduction};
use crate::scalar::tape::Instruction;
use std::collections::HashSet;
use std::rc::Rc;

/// A factor, or what some of them were contracted to.
#[derive(Clone)]
struct Part {
    values: Rc<Values>,
    inverse: bool,
}

/// Loops over letters whose instructions are nearly all shared or folded are still walked: so many times
/// the largest program.
const WALK: f64 = 16.0;

/// Instructions taken back, to be put where they were.
struct Tail {
    instructions: Vec<Instruction>,
    degrees: Vec<Option<(u64, u64)>>,
    lists: Vec<u32>,
}

impl Lowering<'_> {
    /// Σ over `summed` of Π factors, for all values of the node's letters.
    pub(in crate::scalar) fn product_of(
        &mut self,
        node: &Node,
        factors: &[Factor],
        summed: &[Label],
    ) -> Result<Values> {
        let letters: Vec<Label> = node.labels.iter().chain(summed).copied().collect();
        let mut parts = Vec::new();
        for factor in factors {
            parts.push(Part {
                values: self.node(factor.node)?,
                inverse: factor.inverse,
            });
        }
        let sizes: Vec<usize> = letters.iter().map(|l| self.size(*l)).collect();
        let bits = |own: &[Label]| -> Letters {
            let place = |l: &Label| letters.iter().position(|x| x == l);
            own.iter()
                .filter_map(place)
                .fold(0, |bits, at| bits | 1 << at)
        };
        let few = letters.len() < Letters::BITS as usize && !summed.is_empty();
        let operands: Vec<Operand> = match few {
            true => parts
                .iter()
                .map(|p| Operand {
                    letters: bits(&p.values.labels),
                    inverse: p.inverse,
                })
                .collect(),
            false => Vec::new(),
        };
        let carried = operands.iter().fold(0, |all, o| all | o.letters);
        let contraction = Contraction {
            factors: &operands,
            kept: bits(&node.labels),
            sizes: &sizes,
        };
        let found = match few && bits(summed) & !carried == 0 {
            true => contraction.order(),
            false => None,
        };
        let whole: f64 = sizes.iter().map(|n| *n as f64).product();
        let least = found.as_ref().map_or(whole, |(_, cost)| cost.whole());
        if least.min(whole) > WALK * LIMIT as f64 {
            return Err(too_large());
        }
        let in_turn = |this: &mut Self| this.in_turn(node, &parts, summed);
        let Some((steps, cost)) = found.filter(|f| f.1.whole() < contraction.naive().whole())
        else {
            return in_turn(self);
        };
        let two_by_two = |this: &mut Self| -> Result<Values> {
            let mut all = parts.clone();
            for step in &steps {
                let (a, b) = (all[step.pair.0].clone(), all[step.pair.1].clone());
                let has = |at: usize| step.letters >> at & 1 == 1;
                let kept: Vec<Label> = (0..letters.len())
                    .filter(|l| has(*l))
                    .map(|l| letters[l])
                    .collect();
                all.push(this.pair(&a, &b, kept)?);
            }
            let last = all.pop().map(|p| p.values);
            this.spread(node, &last.unwrap_or_else(|| parts[0].values.clone()))
        };
        // Where every entry is a number of its own, the costs are those counted.
        if distinct(self, &parts) && cost.instructions <= contraction.naive().instructions {
            return two_by_two(self);
        }
        self.shorter(two_by_two, in_turn, whole)
    }

    /// One factor after the other, summed in the end.
    fn in_turn(&mut self, node: &Node, parts: &[Part], summed: &[Label]) -> Result<Values> {
        let (mut re, mut im) = (Vec::new(), Vec::new());
        self.each(&node.labels, |this| {
            let (mut all, mut imaginary) = (Vec::new(), Vec::new());
            this.each(summed, |this| {
                let mut total: Pair = (this.constant(1.0), None);
                for part in parts {
                    let x = this.read(&part.values);
                    total = if part.inverse {
                        this.divide(total, x)
                    } else {
                        this.multiply(total, x)
                    };
                }
                all.push(total.0);
                imaginary.extend(total.1);
                Ok(())
            })?;
            re.push(this.sum(all));
            if node.field == Field::Complex {
                im.push(this.sum(imaginary));
            }
            Ok(())
        })?;
        let im = (node.field == Field::Complex).then_some(im);
        Ok(Values {
            labels: node.labels.clone(),
            re,
            im,
        })
    }

    /// Two operands contracted, over the letters kept.
    fn pair(&mut self, a: &Part, b: &Part, kept: Vec<Label>) -> Result<Part> {
        let both = a.values.labels.iter().chain(&b.values.labels);
        let mut closed: Vec<Label> = both.filter(|l| !kept.contains(l)).copied().collect();
        closed.sort_unstable();
        closed.dedup();
        let complex = a.values.im.is_some() || b.values.im.is_some();
        let (mut re, mut im) = (Vec::new(), Vec::new());
        self.each(&kept, |this| {
            let (mut all, mut imaginary) = (Vec::new(), Vec::new());
            this.each(&closed, |this| {
                let (x, y) = (this.read(&a.values), this.read(&b.values));
                let product = match (a.inverse, b.inverse) {
                    (false, true) => this.divide(x, y),
                    (true, false) => this.divide(y, x),
                    _ => this.multiply(x, y),
                };
                all.push(product.0);
                imaginary.extend(product.1);
                Ok(())
            })?;
            re.push(this.sum(all));
            if complex {
                im.push(this.sum(imaginary));
            }
            Ok(())
        })?;
        Ok(Part {
            values: Rc::new(Values {
                labels: kept,
                re,
                im: complex.then_some(im),
            }),
            inverse: a.inverse && b.inverse,
        })
    }

    /// Values over the node's letters of those that lack some.
    fn spread(&mut self, node: &Node, values: &Values) -> Result<Values> {
        let (mut re, mut im) = (Vec::new(), Vec::new());
        let zero = self.constant(0.0);
        self.each(&node.labels, |this| {
            let (r, i) = this.read(values);
            re.push(r);
            im.push(i.unwrap_or(zero));
            Ok(())
        })?;
        let im = (node.field == Field::Complex).then_some(im);
        Ok(Values {
            labels: node.labels.clone(),
            re,
            im,
        })
    }

    /// What the shorter of two ways writes; both are tried, the second up to the length of the first.
    fn shorter(
        &mut self,
        first: impl Fn(&mut Self) -> Result<Values>,
        second: impl Fn(&mut Self) -> Result<Values>,
        walk: f64,
    ) -> Result<Values> {
        let start = (self.instructions.len(), self.lists.len());
        let values = first(self)?;
        let length = self.instructions.len() - start.0;
        // What shares or folds nearly everything it walks over, where that is long, is not waited for.
        if walk > WALK * (length as f64 + 1e5) {
            return Ok(values);
        }
        let tail = self.cut(start);
        let at = self.at.clone();
        let limit = self.limit;
        self.limit = limit.min(start.0 + length);
        let other = second(self);
        self.limit = limit;
        if let (Ok(values), false) = (other, self.full) {
            return Ok(values);
        }
        self.full = false;
        self.at = at;
        self.cut(start);
        self.put(tail);
        Ok(values)
    }

    /// Takes back what was written since.
    fn cut(&mut self, (from, list): (usize, usize)) -> Tail {
        for at in from..self.instructions.len() {
            if let Some(key) = self.key(at) {
                self.known.remove(&key);
            }
        }
        Tail {
            instructions: self.instructions.split_off(from),
            degrees: self.degrees.split_off(from),
            lists: self.lists.split_off(list),
        }
    }

    fn put(&mut self, tail: Tail) {
        let from = self.instructions.len();
        self.instructions.extend(tail.instructions);
        self.degrees.extend(tail.degrees);
        self.lists.extend(tail.lists);
        for at in from..self.instructions.len() {
            if let Some(key) = self.key(at) {
                self.known.insert(key, at as u32);
            }
        }
    }

    /// What an instruction of a contraction is known by.
    fn key(&self, at: usize) -> Option<Key> {
        Some(match self.instructions[at] {
            Instruction::Constant(c) => Key::Constant(c.to_bits()),
            Instruction::Product(a, b) => Key::Binary(0, a, b),
            Instruction::Quotient(a, b) => Key::Binary(1, a, b),
            Instruction::Negative(a) => Key::Binary(2, a, 0),
            Instruction::Sum(from, to) => {
                Key::List(0, self.lists[from as usize..to as usize].to_vec())
            }
            _ => return None,
        })
    }

    /// The product that a sum or a mean is over, with all letters of the sums: where nothing else reads
    /// them, they are summed as those of the product are.
    pub(in crate::scalar) fn summed_product(&self, op: &Op) -> Option<(NodeId, Vec<Label>)> {
        let Op::Reduce {
            reduction: Reduction::Sum | Reduction::Mean,
            over,
            argument,
        } = op
        else {
            return None;
        };
        let only = |id: &NodeId| self.uses.get(id) == Some(&1) && !self.nodes.contains_key(id);
        let (mut over, mut argument) = (over.clone(), *argument);
        loop {
            only(&argument).then_some(())?;
            match &self.model.node(argument).op {
                Op::Product { factors, summed } if factors.len() > 2 => {
                    over.extend(summed);
                    return Some((argument, over));
                }
                Op::Reduce {
                    reduction: Reduction::Sum,
                    over: more,
                    argument: inner,
                } => {
                    over.extend(more);
                    argument = *inner;
                }
                _ => return None,
            }
        }
    }
}

/// Whether no two entries are the same instruction, and none is a number.
fn distinct(lowering: &Lowering<'_>, parts: &[Part]) -> bool {
    let mut seen = HashSet::new();
    parts.iter().all(|p| {
        let mut entries = p.values.re.iter().chain(p.values.im.iter().flatten());
        entries.all(|i| lowering.number(*i).is_none() && seen.insert(*i))
    })
}
