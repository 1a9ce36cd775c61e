//! A node of the checked expression as a number, where its letters have values and some nodes are given.

use std::collections::HashMap;
use symbias_model::Model;
use symbias_model::expression::{
    Axial, Condition, Function, IndexExpr, Label, NodeId, Op, Reduction, Source, TensorId,
};
use symbias_model::scalar::{Arrays, Scalar};

/// Values of letters and of nodes.
pub(super) struct Evaluation<'a> {
    pub model: &'a Model,
    pub arrays: &'a Arrays,
    /// Values of letters, by number.
    pub letters: Vec<usize>,
    /// Nodes whose value is given.
    pub given: HashMap<NodeId, f64>,
    /// Entries of components, where they are given.
    pub components: HashMap<TensorId, &'a [f64]>,
}

impl<'a> Evaluation<'a> {
    pub fn new(model: &'a Model, arrays: &'a Arrays) -> Evaluation<'a> {
        Evaluation {
            model,
            arrays,
            letters: vec![0; model.labels.len()],
            given: HashMap::new(),
            components: HashMap::new(),
        }
    }

    fn lookup(&self, tensor: TensorId, at: &[i64]) -> i64 {
        let shape = self.model.shape(tensor);
        let place = at
            .iter()
            .zip(shape)
            .fold(0, |place, (i, n)| place * n as usize + *i as usize);
        let entries = self.arrays.get(tensor).unwrap_or(&[]);
        entries.get(place).map_or(0, |x| *x as i64)
    }

    /// An integer index expression.
    pub fn index(&self, e: &IndexExpr) -> i64 {
        e.evaluate(&|l| self.letters[l.index()] as i64, &|t, at| {
            self.lookup(t, at)
        })
    }

    /// The row-major place of an entry; `None` outside.
    pub fn place(&self, tensor: TensorId, index: &[IndexExpr]) -> Option<usize> {
        let mut at = 0_usize;
        for (e, size) in index.iter().zip(self.model.shape(tensor)) {
            let i = usize::try_from(self.index(e)).ok()?;
            if i as u64 >= size {
                return None;
            }
            at = at * size as usize + i;
        }
        Some(at)
    }

    fn each(&mut self, over: &[Label], mut visit: impl FnMut(f64), argument: NodeId) -> Option<()> {
        let sizes: Vec<usize> = over
            .iter()
            .map(|l| self.model.label_size(*l) as usize)
            .collect();
        let saved: Vec<usize> = over.iter().map(|l| self.letters[l.index()]).collect();
        let total: usize = sizes.iter().product();
        for flat in 0..total {
            let mut rest = flat;
            for (l, n) in over.iter().zip(&sizes).rev() {
                self.letters[l.index()] = rest % n;
                rest /= n;
            }
            visit(self.node(argument)?);
        }
        for (l, s) in over.iter().zip(saved) {
            self.letters[l.index()] = s;
        }
        Some(())
    }

    fn holds(&self, condition: &Condition) -> bool {
        condition.evaluate(&|l| self.letters[l.index()] as i64, &|t, at| {
            self.lookup(t, at)
        })
    }

    /// The value of a node; `None` where it needs what has no value here.
    pub fn node(&mut self, node: NodeId) -> Option<f64> {
        if let Some(x) = self.given.get(&node) {
            return Some(*x);
        }
        let model = self.model;
        Some(match &model.node(node).op {
            Op::Number(x) => *x,
            Op::Position(e) => self.index(e) as f64,
            Op::Access {
                tensor,
                index,
                zero,
            } => match (self.place(*tensor, index), &model.tensor(*tensor).source) {
                (None, _) if *zero => 0.0,
                (None, _) => return None,
                (Some(at), Source::Constant { .. }) => *self.arrays.get(*tensor)?.get(at)?,
                (Some(at), Source::Parameter) => *self.components.get(tensor)?.get(at)?,
                _ => return None,
            },
            Op::Product { factors, summed } => {
                let mut sum = 0.0;
                if summed.is_empty() {
                    return self.product(factors);
                }
                let sizes: Vec<usize> = summed
                    .iter()
                    .map(|l| model.label_size(*l) as usize)
                    .collect();
                let total: usize = sizes.iter().product();
                for flat in 0..total {
                    let mut rest = flat;
                    for (l, n) in summed.iter().zip(&sizes).rev() {
                        self.letters[l.index()] = rest % n;
                        rest /= n;
                    }
                    sum += self.product(factors)?;
                }
                sum
            }
            Op::Sum { terms } => {
                let mut sum = 0.0;
                for t in terms {
                    let x = self.node(t.node)?;
                    sum += if t.negative { -x } else { x };
                }
                sum
            }
            Op::Map { function, argument } => {
                let x = self.node(*argument)?;
                match function {
                    Function::Conj | Function::Re => x,
                    Function::Im => 0.0,
                    Function::Abs2 => x * x,
                    f => x.apply(*f)?,
                }
            }
            Op::Power { base, exponent } => {
                let (b, e) = (self.node(*base)?, self.node(*exponent)?);
                b.powf(e)
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => {
                let mut all = Vec::new();
                self.each(over, |x| all.push(x), *argument)?;
                match reduction {
                    Reduction::Sum => all.iter().sum(),
                    Reduction::Mean => all.iter().sum::<f64>() / all.len() as f64,
                    Reduction::Max => all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                    Reduction::LogSumExp => {
                        let top = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                        top + all.iter().map(|x| (x - top).exp()).sum::<f64>().ln()
                    }
                    Reduction::Norm => all.iter().map(|x| x * x).sum::<f64>().sqrt(),
                }
            }
            Op::Axial {
                operation: Axial::CumSum,
                over,
                argument,
                ..
            } => {
                let [letter] = over.as_slice() else {
                    return None;
                };
                let last = self.letters[letter.index()];
                let mut sum = 0.0;
                for k in 0..=last {
                    self.letters[letter.index()] = k;
                    sum += self.node(*argument)?;
                }
                self.letters[letter.index()] = last;
                sum
            }
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                if self.holds(condition) {
                    self.node(*then)?
                } else {
                    self.node(*otherwise)?
                }
            }
            Op::Extreme { largest, pair } => {
                let (a, b) = (self.node(pair[0])?, self.node(pair[1])?);
                if *largest { a.max(b) } else { a.min(b) }
            }
            _ => return None,
        })
    }

    fn product(&mut self, factors: &[symbias_model::expression::Factor]) -> Option<f64> {
        let mut product = 1.0;
        for f in factors {
            let x = self.node(f.node)?;
            product = if f.inverse { product / x } else { product * x };
        }
        Some(product)
    }
}
