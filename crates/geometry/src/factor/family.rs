//! The functions of items that a factor's generators have one each of: how many, and their weights.

use super::action::Span;
use super::generators::value_of;
use std::collections::HashMap;

/// Functions of one item that span what `span` says, as (value → number).
fn functions(span: &Span, n: usize) -> Vec<Vec<(usize, f64)>> {
    match span {
        Span::Constant => vec![(0..n).map(|i| (i, 1.0)).collect()],
        Span::Centred => (0..n - 1).map(|i| vec![(i, 1.0), (n - 1, -1.0)]).collect(),
        Span::Coarse(shape, m) => {
            let last = *m as usize - 1;
            let value = |i: usize, v: usize| {
                f64::from(value_of(shape, i) == v) - f64::from(value_of(shape, i) == last)
            };
            (0..last)
                .map(|v| {
                    (0..n)
                        .map(|i| (i, value(i, v)))
                        .filter(|f| f.1 != 0.0)
                        .collect()
                })
                .collect()
        }
        Span::Fibre(shape) => {
            let mut found = Vec::new();
            for i in 0..n {
                let last = (0..n)
                    .rev()
                    .find(|k| value_of(shape, *k) == value_of(shape, i))
                    .unwrap_or(i);
                if last != i {
                    found.push(vec![(i, 1.0), (last, -1.0)]);
                }
            }
            found
        }
    }
}

/// Product functions over several items as (multi-index → number).
pub(crate) fn product_functions(spans: &[Span], sizes: &[usize]) -> Vec<Vec<(Vec<usize>, f64)>> {
    let each = spans.iter().zip(sizes);
    products(each.map(|(span, n)| functions(span, *n)).collect())
}

/// Products of one function of each item.
fn products(each: Vec<Vec<Vec<(usize, f64)>>>) -> Vec<Vec<(Vec<usize>, f64)>> {
    each.into_iter()
        .fold(vec![vec![(Vec::new(), 1.0)]], |all, one| {
            all.iter()
                .flat_map(|f| {
                    one.iter().map(move |g| {
                        f.iter()
                            .flat_map(|(index, x)| {
                                g.iter().map(move |(i, y)| {
                                    (index.iter().copied().chain([*i]).collect(), x * y)
                                })
                            })
                            .collect()
                    })
                })
                .collect()
        })
}

/// For each value of a family's items the functions that have a weight there: number, weight.
pub(super) enum Weights {
    /// One function for each value, numbered in row-major order of these sizes, of weight 1 there.
    Each(Vec<usize>),
    /// Any functions.
    Listed(HashMap<Vec<usize>, Vec<(usize, f64)>>),
}

impl Weights {
    /// Visits the functions that have a weight at these values.
    pub fn at(&self, items: &[usize], visit: &mut dyn FnMut(usize, f64)) {
        match self {
            Weights::Each(sizes) => {
                let inside = |(i, n): (&usize, &usize)| i < n;
                if items.len() == sizes.len() && items.iter().zip(sizes).all(inside) {
                    let number = items.iter().zip(sizes).fold(0, |flat, (i, n)| flat * n + i);
                    visit(number, 1.0);
                }
            }
            Weights::Listed(weights) => {
                let here = weights.get(items).into_iter().flatten();
                here.for_each(|(number, weight)| visit(*number, *weight));
            }
        }
    }
}

/// Components of which two differ in one item alone, constant here and centred there, are one with any
/// function of that item (`None`): its functions have one value each, so that few of them meet.
fn merged(components: &[Vec<Span>]) -> Vec<Vec<Option<&Span>>> {
    let mut all: Vec<Vec<Option<&Span>>> = components
        .iter()
        .map(|spans| spans.iter().map(Some).collect())
        .collect();
    let items = all.first().map_or(0, Vec::len);
    for item in 0..items {
        let mut kept: Vec<Vec<Option<&Span>>> = Vec::new();
        while let Some(mut one) = all.pop() {
            let other = match one[item] {
                Some(Span::Constant) => &Span::Centred,
                Some(Span::Centred) => &Span::Constant,
                _ => {
                    kept.push(one);
                    continue;
                }
            };
            let mut partner = one.clone();
            partner[item] = Some(other);
            if let Some(at) = all.iter().position(|c| *c == partner) {
                all.swap_remove(at);
                one[item] = None;
            }
            kept.push(one);
        }
        all = kept;
    }
    all
}

/// The functions of a family: how many, and their weights. Entries of parameters are then visited
/// once, for all functions.
pub(super) fn family(sizes: &[u64], components: Option<&[Vec<Span>]>) -> (usize, Weights) {
    let sizes: Vec<usize> = sizes.iter().map(|n| *n as usize).collect();
    let Some(components) = components else {
        return (sizes.iter().product(), Weights::Each(sizes));
    };
    let mut alphas: Vec<Vec<(Vec<usize>, f64)>> = Vec::new();
    for spans in merged(components) {
        let each = spans.into_iter().zip(&sizes).map(|(span, n)| match span {
            Some(span) => functions(span, *n),
            None => (0..*n).map(|i| vec![(i, 1.0)]).collect(),
        });
        alphas.extend(products(each.collect()));
    }
    let count = alphas.len();
    let mut weights: HashMap<Vec<usize>, Vec<(usize, f64)>> = HashMap::new();
    for (number, alpha) in alphas.into_iter().enumerate() {
        // The last of equal indices counts, as in a map.
        let alpha: HashMap<Vec<usize>, f64> = alpha.into_iter().collect();
        for (items, weight) in alpha {
            weights.entry(items).or_default().push((number, weight));
        }
    }
    (count, Weights::Listed(weights))
}
