//! In which order the factors of a product are contracted: two by two, each summed letter as soon as
//! its last carriers meet. One after the other with all sums at the end, a ring of n matrices of size 3
//! costs 3ⁿ; two by two it costs 27 n.

/// Letters of a product as bits.
pub(super) type Letters = u128;

/// A factor, or what some of them were contracted to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    pub letters: Letters,
    /// Whether it divides.
    pub inverse: bool,
}

/// A product Π factors, summed over the letters that are not in `kept`.
pub(super) struct Contraction<'a> {
    pub factors: &'a [Operand],
    pub kept: Letters,
    /// Number of values of each letter.
    pub sizes: &'a [usize],
}

/// Operands of a step by number: factors first, then the results of the steps before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub pair: (usize, usize),
    /// The letters of the result.
    pub letters: Letters,
}

/// Scalar operations: instructions, and the terms that their sums read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    pub instructions: f64,
    pub terms: f64,
}

impl Cost {
    const NONE: Cost = Cost {
        instructions: 0.0,
        terms: 0.0,
    };

    fn plus(self, other: Cost) -> Cost {
        Cost {
            instructions: self.instructions + other.instructions,
            terms: self.terms + other.terms,
        }
    }

    pub fn whole(self) -> f64 {
        self.instructions + self.terms
    }
}

/// Factors up to which all orders are looked at: 3ⁿ pairs of subsets.
const EXACT: usize = 9;

impl Contraction<'_> {
    pub fn size(&self, letters: Letters) -> f64 {
        let sizes = self.sizes.iter().enumerate();
        let own = sizes.filter(|(l, _)| letters >> l & 1 == 1);
        own.map(|(_, n)| *n as f64).product()
    }

    /// The cheapest order found, and what it costs; `None` for fewer than three factors, whose order is
    /// no matter, and where a letter is summed over a divisor alone.
    pub fn order(&self) -> Option<(Vec<Step>, Cost)> {
        if self.factors.len() < 3 || self.factors.iter().all(|f| f.inverse) {
            return None;
        }
        if self.factors.len() <= EXACT {
            return self.best();
        }
        let orders = [self.greedy(Cost::whole), self.greedy(|c| c.terms)];
        let cheaper =
            |a: &(Vec<Step>, Cost), b: &(Vec<Step>, Cost)| a.1.whole().total_cmp(&b.1.whole());
        orders.into_iter().flatten().min_by(cheaper)
    }

    /// The cost of one factor after the other with all sums at the end, where equal instructions are
    /// shared.
    pub fn naive(&self) -> Cost {
        let mut all = 0;
        let mut products = 0.0;
        for (k, factor) in self.factors.iter().enumerate() {
            all |= factor.letters;
            if k > 0 || factor.inverse {
                products += self.size(all);
            }
        }
        self.summed(all & self.kept, all).plus(Cost {
            instructions: products,
            terms: 0.0,
        })
    }

    /// Sums from `all` letters to some.
    fn summed(&self, letters: Letters, all: Letters) -> Cost {
        let (few, many) = (self.size(letters), self.size(all));
        if few == many {
            return Cost::NONE;
        }
        Cost {
            instructions: few,
            terms: many,
        }
    }

    /// Contracting two operands, summed down to `letters`; `None` where a divisor would be summed.
    fn pair(&self, a: Operand, b: Operand, letters: Letters) -> Option<(Operand, Cost)> {
        let all = a.letters | b.letters;
        let inverse = a.inverse && b.inverse;
        let cost = self.summed(letters, all).plus(Cost {
            instructions: self.size(all),
            terms: 0.0,
        });
        let sums_divisor = inverse && letters != all;
        (!sums_divisor).then_some((Operand { letters, inverse }, cost))
    }

    /// All orders, by the subsets of factors that they contract.
    fn best(&self) -> Option<(Vec<Step>, Cost)> {
        let n = self.factors.len();
        let full = (1_usize << n) - 1;
        let union = |subset: usize| {
            let own = (0..n).filter(|k| subset >> k & 1 == 1);
            own.fold(0, |all, k| all | self.factors[k].letters)
        };
        let mut found: Vec<Option<(Operand, Cost, usize)>> = vec![None; full + 1];
        for subset in 1..=full {
            if subset.is_power_of_two() {
                let one = self.factors[subset.trailing_zeros() as usize];
                found[subset] = Some((one, Cost::NONE, 0));
                continue;
            }
            let letters = union(subset) & (self.kept | union(full & !subset));
            let lowest = subset & subset.wrapping_neg();
            // Each split once: the part that has the lowest factor.
            let mut part = (subset - 1) & subset;
            while part > 0 {
                let rest = subset & !part;
                if let (true, Some(a), Some(b)) = (part & lowest > 0, found[part], found[rest])
                    && let Some((operand, cost)) = self.pair(a.0, b.0, letters)
                {
                    let cost = cost.plus(a.1).plus(b.1);
                    if found[subset].is_none_or(|f| cost.whole() < f.1.whole()) {
                        found[subset] = Some((operand, cost, part));
                    }
                }
                part = (part - 1) & subset;
            }
        }
        let cost = found[full]?.1;
        let mut steps = Vec::new();
        self.steps(&found, full, &mut steps);
        Some((steps, cost))
    }

    /// Appends the steps of a subset; returns the number of its operand.
    fn steps(
        &self,
        found: &[Option<(Operand, Cost, usize)>],
        subset: usize,
        steps: &mut Vec<Step>,
    ) -> usize {
        let Some((operand, _, part)) = found[subset].filter(|f| f.2 > 0) else {
            return subset.trailing_zeros() as usize;
        };
        let a = self.steps(found, part, steps);
        let b = self.steps(found, subset & !part, steps);
        steps.push(Step {
            pair: (a.min(b), a.max(b)),
            letters: operand.letters,
        });
        self.factors.len() + steps.len() - 1
    }

    /// The pair that `by` finds cheapest, again and again.
    fn greedy(&self, by: impl Fn(Cost) -> f64) -> Option<(Vec<Step>, Cost)> {
        let mut rest: Vec<(usize, Operand)> = self.factors.iter().copied().enumerate().collect();
        let (mut steps, mut total) = (Vec::new(), Cost::NONE);
        while rest.len() > 1 {
            let mut best: Option<(f64, usize, usize, Operand, Cost)> = None;
            for i in 0..rest.len() {
                for j in i + 1..rest.len() {
                    let others = rest.iter().enumerate().filter(|(k, _)| *k != i && *k != j);
                    let needed = others.fold(self.kept, |all, (_, o)| all | o.1.letters);
                    let (a, b) = (rest[i].1, rest[j].1);
                    let letters = (a.letters | b.letters) & needed;
                    let Some((operand, cost)) = self.pair(a, b, letters) else {
                        continue;
                    };
                    let weight = by(cost);
                    if best.as_ref().is_none_or(|b| weight < b.0) {
                        best = Some((weight, i, j, operand, cost));
                    }
                }
            }
            let (_, i, j, operand, cost) = best?;
            let (b, a) = (rest.remove(j).0, rest.remove(i).0);
            steps.push(Step {
                pair: (a.min(b), a.max(b)),
                letters: operand.letters,
            });
            total = total.plus(cost);
            rest.push((self.factors.len() + steps.len() - 1, operand));
        }
        Some((steps, total))
    }
}
