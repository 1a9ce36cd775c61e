//! Operations of the checked expression as scalar instructions.

use super::lower::{Lowering, Pair, Values};
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{
    Axial, Field, Function, IndexExpr, Label, Node, NodeId, Op, Reduction, RopeLayout, TensorId,
};

impl Lowering<'_> {
    pub(super) fn operation(&mut self, node: &Node) -> Result<Values> {
        match &node.op {
            Op::Axial {
                operation,
                over,
                eps,
                argument,
            } => self.axial(node, *operation, over, *eps, *argument),
            Op::Rope {
                over,
                argument,
                position,
                base,
                layout,
            } => self.rope(node, *over, (*argument, *position), *base, *layout),
            Op::Product { factors, summed } => self.product_of(node, factors, summed),
            Op::Reduce {
                reduction, over, ..
            } => match self.summed_product(&node.op) {
                Some((product, letters)) => {
                    let count = match reduction {
                        Reduction::Mean => over.iter().map(|l| self.size(*l)).product(),
                        _ => 1,
                    };
                    self.sum_of_product(node, product, &letters, count)
                }
                None => self.entrywise(node),
            },
            _ => self.entrywise(node),
        }
    }

    /// A sum of the entries of a product, over `count`.
    fn sum_of_product(
        &mut self,
        node: &Node,
        product: NodeId,
        letters: &[Label],
        count: usize,
    ) -> Result<Values> {
        let Op::Product { factors, .. } = &self.model.node(product).op else {
            return self.entrywise(node);
        };
        let mut values = self.product_of(node, factors, letters)?;
        let n = self.constant(count as f64);
        let entries = values.re.iter_mut().chain(values.im.iter_mut().flatten());
        entries.for_each(|x| *x = self.quotient(*x, n));
        Ok(values)
    }

    /// Operations whose entries are computed one by one.
    fn entrywise(&mut self, node: &Node) -> Result<Values> {
        let (mut re, mut im) = (Vec::new(), Vec::new());
        self.each(&node.labels, |this| {
            let (r, i) = this.entry(node)?;
            re.push(r);
            if node.field == Field::Complex {
                im.push(i.unwrap_or_else(|| this.constant(0.0)));
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

    fn argument(&mut self, id: NodeId) -> Result<Pair> {
        let values = self.node(id)?;
        Ok(self.read(&values))
    }

    fn entry(&mut self, node: &Node) -> Result<Pair> {
        match &node.op {
            Op::Number(x) => Ok((self.constant(*x), None)),
            Op::Position(index) => {
                let value = self.index(index) as f64;
                Ok((self.constant(value), None))
            }
            Op::Access {
                tensor,
                index,
                zero,
            } => self.access(node, *tensor, index, *zero),
            Op::Sum { terms } => {
                let (mut re, mut im) = (Vec::new(), Vec::new());
                for term in terms {
                    let (r, i) = self.argument(term.node)?;
                    re.push(if term.negative { self.negative(r) } else { r });
                    if let Some(i) = i {
                        im.push(if term.negative { self.negative(i) } else { i });
                    }
                }
                let imaginary = (!im.is_empty()).then(|| self.sum(im));
                Ok((self.sum(re), imaginary))
            }
            Op::Map { function, argument } => {
                let x = self.argument(*argument)?;
                Ok(self.function(*function, x))
            }
            Op::Power { base, exponent } => {
                let (b, e) = (self.argument(*base)?, self.argument(*exponent)?.0);
                Ok(match (b.1, self.number(e)) {
                    (Some(_), Some(p)) => self.function(Function::Power(p), b),
                    _ => (self.power(b.0, e), None),
                })
            }
            Op::Extreme { largest, pair } => {
                let (a, b) = (self.argument(pair[0])?.0, self.argument(pair[1])?.0);
                Ok((self.extreme(*largest, a, b), None))
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => self.reduce(*reduction, over, *argument),
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                let holds =
                    condition.evaluate(&|l| self.at[l.index()] as i64, &|t, at| self.lookup(t, at));
                self.argument(if holds { *then } else { *otherwise })
            }
            Op::Product { .. } | Op::Axial { .. } | Op::Rope { .. } => {
                Err(Error::new(ErrorKind::Unsupported, "not entry by entry"))
            }
        }
    }

    /// The larger or the smaller of two: min(a, b) = −max(−a, −b), exactly.
    fn extreme(&mut self, largest: bool, a: u32, b: u32) -> u32 {
        if largest {
            return self.max(vec![a, b]);
        }
        let opposite = vec![self.negative(a), self.negative(b)];
        let max = self.max(opposite);
        self.negative(max)
    }

    fn access(
        &mut self,
        node: &Node,
        tensor: TensorId,
        index: &[IndexExpr],
        zero: bool,
    ) -> Result<Pair> {
        if let Some(leaves) = self.selected(tensor, index) {
            return Ok(leaves);
        }
        let shape = self.model.shape(tensor);
        let mut flat = 0;
        for (expression, size) in index.iter().zip(&shape) {
            let value = self.index(expression);
            match usize::try_from(value).ok().filter(|v| (*v as u64) < *size) {
                Some(value) => flat = flat * *size as usize + value,
                None if zero => return Ok((self.constant(0.0), None)),
                None => {
                    let name = &self.model.tensor(tensor).name;
                    return Err(Error::new(
                        ErrorKind::Index,
                        format!(
                            "index {value} is outside of `{name}`, whose axis has {size} values"
                        ),
                    )
                    .at(node.span)
                    .remedy("entries outside are zero inside zero(…)"));
                }
            }
        }
        let Some(values) = self.tensor(tensor) else {
            let name = &self.model.tensor(tensor).name;
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{name}` has integer entries"),
            )
            .at(node.span));
        };
        Ok((values.re[flat], values.im.as_ref().map(|im| im[flat])))
    }

    pub(super) fn multiply(&mut self, x: Pair, y: Pair) -> Pair {
        let re = self.product(x.0, y.0);
        match (x.1, y.1) {
            (None, None) => (re, None),
            (Some(i), None) => (re, Some(self.product(i, y.0))),
            (None, Some(i)) => (re, Some(self.product(x.0, i))),
            (Some(a), Some(b)) => {
                let (square, left, right) = (
                    self.product(a, b),
                    self.product(x.0, b),
                    self.product(a, y.0),
                );
                let minus = self.negative(square);
                (self.sum(vec![re, minus]), Some(self.sum(vec![left, right])))
            }
        }
    }

    pub(super) fn divide(&mut self, x: Pair, y: Pair) -> Pair {
        let Some(im) = y.1 else {
            let imaginary = x.1.map(|i| self.quotient(i, y.0));
            return (self.quotient(x.0, y.0), imaginary);
        };
        let conjugate = (y.0, Some(self.negative(im)));
        let numerator = self.multiply(x, conjugate);
        let norm = self.modulus_squared(y);
        let imaginary = numerator.1.map(|i| self.quotient(i, norm));
        (self.quotient(numerator.0, norm), imaginary)
    }

    fn modulus_squared(&mut self, x: Pair) -> u32 {
        let mut squares = vec![self.product(x.0, x.0)];
        if let Some(i) = x.1 {
            squares.push(self.product(i, i));
        }
        self.sum(squares)
    }

    fn function(&mut self, function: Function, x: Pair) -> Pair {
        match (function, x.1) {
            (Function::Conj, Some(i)) => (x.0, Some(self.negative(i))),
            (Function::Conj | Function::Re, None) | (Function::Re, Some(_)) => (x.0, None),
            (Function::Im, Some(i)) => (i, None),
            (Function::Im, None) => (self.constant(0.0), None),
            (Function::Abs2, _) => (self.modulus_squared(x), None),
            (Function::Abs, Some(_)) => {
                let square = self.modulus_squared(x);
                (self.map(Function::Sqrt, square), None)
            }
            (Function::Square, Some(_)) => self.multiply(x, x),
            (Function::Exp, Some(i)) => {
                let size = self.map(Function::Exp, x.0);
                let (cos, sin) = (self.map(Function::Cos, i), self.map(Function::Sin, i));
                (self.product(size, cos), Some(self.product(size, sin)))
            }
            (Function::Power(p), Some(_)) => self.complex_power(x, p),
            _ => (self.map(function, x.0), None),
        }
    }

    /// zᵖ for an integer p, by repeated squaring.
    fn complex_power(&mut self, z: Pair, p: f64) -> Pair {
        let one = (self.constant(1.0), None);
        let (mut power, mut square, mut n) = (one, z, p.abs() as u64);
        while n > 0 {
            if n & 1 == 1 {
                power = self.multiply(power, square);
            }
            n >>= 1;
            if n > 0 {
                square = self.multiply(square, square);
            }
        }
        match p < 0.0 {
            true => self.divide(one, power),
            false => power,
        }
    }

    fn reduce(&mut self, reduction: Reduction, over: &[Label], argument: NodeId) -> Result<Pair> {
        let mut items: Vec<Pair> = Vec::new();
        self.each(over, |this| {
            let x = this.argument(argument)?;
            items.push(x);
            Ok(())
        })?;
        let count = items.len() as f64;
        let re: Vec<u32> = items.iter().map(|x| x.0).collect();
        let im: Vec<u32> = items.iter().filter_map(|x| x.1).collect();
        Ok(match reduction {
            Reduction::Sum | Reduction::Mean => {
                let n = self.constant(if reduction == Reduction::Mean {
                    count
                } else {
                    1.0
                });
                let total = self.sum(re);
                let imaginary = (!im.is_empty()).then(|| {
                    let total = self.sum(im);
                    self.quotient(total, n)
                });
                (self.quotient(total, n), imaginary)
            }
            Reduction::Max => (self.max(re), None),
            Reduction::LogSumExp => (self.log_sum_exp(re), None),
            Reduction::Norm => {
                let squares = items.iter().map(|x| self.modulus_squared(*x)).collect();
                let total = self.sum(squares);
                (self.map(Function::Sqrt, total), None)
            }
        })
    }

    fn axial(
        &mut self,
        node: &Node,
        operation: Axial,
        over: &[Label],
        eps: f64,
        argument: NodeId,
    ) -> Result<Values> {
        let values = self.node(argument)?;
        let outer: Vec<Label> = node
            .labels
            .iter()
            .copied()
            .filter(|l| !over.contains(l))
            .collect();
        let zero = self.constant(0.0);
        let count: usize = node.labels.iter().map(|l| self.size(*l)).product();
        let mut re = vec![zero; count];
        let mut im = values.im.as_ref().map(|_| vec![zero; count]);
        self.each(&outer, |this| {
            let (mut items, mut places): (Vec<Pair>, Vec<usize>) = (Vec::new(), Vec::new());
            this.each(over, |this| {
                items.push(this.read(&values));
                let flat = node
                    .labels
                    .iter()
                    .fold(0, |flat, l| flat * this.size(*l) + this.at[l.index()]);
                places.push(flat);
                Ok(())
            })?;
            let xs: Vec<u32> = items.iter().map(|x| x.0).collect();
            let results = this.along(operation, eps, xs);
            for (place, result) in places.iter().zip(results) {
                re[*place] = result;
            }
            if let Some(im) = &mut im {
                let ys = items.iter().map(|x| x.1.unwrap_or(zero)).collect();
                for (place, result) in places.iter().zip(this.along(operation, eps, ys)) {
                    im[*place] = result;
                }
            }
            Ok(())
        })?;
        Ok(Values {
            labels: node.labels.clone(),
            re,
            im,
        })
    }

    /// One vector of a shape-keeping operation.
    fn along(&mut self, operation: Axial, eps: f64, xs: Vec<u32>) -> Vec<u32> {
        let n = self.constant(xs.len() as f64);
        let eps = self.constant(eps);
        match operation {
            Axial::Softmax | Axial::LogSoftmax => {
                let total = self.log_sum_exp(xs.clone());
                let minus = self.negative(total);
                let log = |this: &mut Self, x: u32| this.sum(vec![x, minus]);
                xs.into_iter()
                    .map(|x| {
                        let difference = log(self, x);
                        match operation {
                            Axial::Softmax => self.map(Function::Exp, difference),
                            _ => difference,
                        }
                    })
                    .collect()
            }
            Axial::CumSum => {
                let mut total: Option<u32> = None;
                xs.into_iter()
                    .map(|x| {
                        let next = match total {
                            Some(t) => self.sum(vec![t, x]),
                            None => x,
                        };
                        total = Some(next);
                        next
                    })
                    .collect()
            }
            Axial::Normalize | Axial::RmsNorm => {
                let squares = xs.iter().map(|x| self.product(*x, *x)).collect();
                let mut total = self.sum(squares);
                if operation == Axial::RmsNorm {
                    total = self.quotient(total, n);
                }
                let shifted = self.sum(vec![total, eps]);
                let root = self.map(Function::Sqrt, shifted);
                xs.into_iter().map(|x| self.quotient(x, root)).collect()
            }
            Axial::LayerNorm | Axial::Standardize => {
                let total = self.sum(xs.clone());
                let mean = self.quotient(total, n);
                let minus = self.negative(mean);
                let centred: Vec<u32> = xs.iter().map(|x| self.sum(vec![*x, minus])).collect();
                let squares = centred.iter().map(|x| self.product(*x, *x)).collect();
                let total = self.sum(squares);
                let variance = self.quotient(total, n);
                let shifted = self.sum(vec![variance, eps]);
                let root = self.map(Function::Sqrt, shifted);
                centred
                    .into_iter()
                    .map(|x| self.quotient(x, root))
                    .collect()
            }
        }
    }

    fn rope(
        &mut self,
        node: &Node,
        over: Label,
        (argument, position): (NodeId, NodeId),
        base: f64,
        layout: RopeLayout,
    ) -> Result<Values> {
        let (values, positions) = (self.node(argument)?, self.node(position)?);
        let n = self.size(over);
        let mut re = Vec::new();
        self.each(&node.labels, |this| {
            let i = this.at[over.index()];
            let (plane, second, partner) = match layout {
                RopeLayout::Half => (i % (n / 2), i >= n / 2, (i + n / 2) % n),
                RopeLayout::Pairs => (i / 2, i % 2 == 1, i ^ 1),
            };
            let frequency = this.constant(base.powf(-2.0 * plane as f64 / n as f64));
            let p = this.read(&positions).0;
            let angle = this.product(p, frequency);
            let (cos, sin) = (
                this.map(Function::Cos, angle),
                this.map(Function::Sin, angle),
            );
            let own = this.read(&values).0;
            this.at[over.index()] = partner;
            let other = this.read(&values).0;
            this.at[over.index()] = i;
            let (kept, turned) = (this.product(own, cos), this.product(other, sin));
            let turned = if second {
                turned
            } else {
                this.negative(turned)
            };
            re.push(this.sum(vec![kept, turned]));
            Ok(())
        })?;
        Ok(Values {
            labels: node.labels.clone(),
            re,
            im: None,
        })
    }
}
