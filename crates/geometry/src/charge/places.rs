//! Which coordinates of θ belong to a value of the free indices: a product of lists, one for each
//! axis, so that a block is listed when it is asked for and costs as much as it has entries.

use super::formula::Term;
use crate::factor::action::Shape;
use crate::factor::generators::{Layout, value_of};

/// The entries of one tensor by the value of the free indices.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    offset: usize,
    /// Real coordinates of an entry.
    pub width: usize,
    /// The axes without the matrix index, in order.
    others: Vec<Axis>,
    /// Those with it.
    matrix: Vec<Axis>,
}

#[derive(Clone, Debug)]
struct Axis {
    size: usize,
    stride: usize,
    /// The free indices that are functions of this axis.
    functions: Vec<Function>,
}

/// A free index as a function of an axis.
#[derive(Clone, Debug)]
struct Function {
    index: usize,
    /// For each value of the free index those of the axis, ascending; `None` for the identity.
    inverse: Option<Vec<Vec<usize>>>,
}

impl Function {
    /// The free index `index`, of so many values, as this function of an axis of `size` values.
    fn new(index: usize, values: usize, shape: &Shape, size: usize) -> Function {
        let inverse = shape.as_ref().map(|_| {
            let mut inverse = vec![Vec::new(); values];
            for at in 0..size {
                if let Some(own) = inverse.get_mut(value_of(shape, at)) {
                    own.push(at);
                }
            }
            inverse
        });
        Function { index, inverse }
    }

    fn holds(&self, at: usize, copy: &[usize]) -> bool {
        let value = copy[self.index];
        match &self.inverse {
            None => at == value,
            Some(inverse) => inverse
                .get(value)
                .is_some_and(|own| own.binary_search(&at).is_ok()),
        }
    }
}

impl Axis {
    /// The values of the axis at which every free index has its value.
    fn allowed(&self, copy: &[usize]) -> Vec<usize> {
        let Some((first, rest)) = self.functions.split_first() else {
            return (0..self.size).collect();
        };
        let value = copy[first.index];
        let mut all = match &first.inverse {
            None if value < self.size => vec![value],
            None => Vec::new(),
            Some(inverse) => inverse.get(value).cloned().unwrap_or_default(),
        };
        all.retain(|at| rest.iter().all(|f| f.holds(*at, copy)));
        all
    }

    /// The number of them, where it is the same at all values of the free indices.
    fn common(&self) -> Option<usize> {
        match self.functions.as_slice() {
            [] => Some(self.size),
            [one] => match &one.inverse {
                None => Some(1),
                Some(inverse) => {
                    let first = inverse.first().map_or(0, Vec::len);
                    inverse.iter().all(|i| i.len() == first).then_some(first)
                }
            },
            _ => None,
        }
    }
}

impl Selection {
    /// The entries of a term's tensor; `sizes` are the numbers of values of the free indices.
    pub(super) fn new(term: &Term, sizes: &[usize], layout: &Layout) -> Selection {
        let shape = &layout.shape[&term.tensor];
        let mut stride = layout.width[&term.tensor];
        let mut axes: Vec<Axis> = Vec::new();
        for (number, size) in shape.iter().enumerate().rev() {
            let own = term.free.iter().enumerate().filter(|f| f.1.0 == number);
            axes.push(Axis {
                size: *size,
                stride,
                functions: own
                    .map(|(k, (_, function))| Function::new(k, sizes[k], function, *size))
                    .collect(),
            });
            stride = stride.saturating_mul(*size);
        }
        axes.reverse();
        let is_matrix = |a: &usize| term.matrix.contains(a);
        let others = (0..shape.len()).filter(|a| !is_matrix(a));
        Selection {
            offset: layout.at(term.tensor, &vec![0; shape.len()]),
            width: layout.width[&term.tensor],
            others: others.map(|a| axes[a].clone()).collect(),
            matrix: term.matrix.iter().map(|a| axes[*a].clone()).collect(),
        }
    }

    /// Visits the places in θ of the entries that belong to a value of the free indices, grouped by
    /// their other indices: for each group one place per matrix index.
    pub(super) fn visit(&self, copy: &[usize], mut each: impl FnMut(&[usize])) {
        let all = |axis: &Axis| (0..axis.size).collect::<Vec<usize>>();
        let matrix: Vec<Vec<usize>> = self.matrix.iter().map(all).collect();
        let matrix = sums(0, &self.matrix, &matrix);
        let allowed: Vec<Vec<usize>> = self.others.iter().map(|a| a.allowed(copy)).collect();
        let mut places = vec![0; matrix.len()];
        for start in sums(self.offset, &self.others, &allowed) {
            let own = places.iter_mut().zip(&matrix);
            own.for_each(|(place, at)| *place = start + at);
            each(&places);
        }
    }

    /// Number of coordinates at a value of the free indices.
    fn count(&self, copy: &[usize]) -> usize {
        let others = self.others.iter().map(|a| a.allowed(copy).len());
        self.of_counts(others.product())
    }

    /// The same, where it does not depend on them.
    fn common(&self) -> Option<usize> {
        let mut others = self.others.iter().map(Axis::common);
        let product = others.try_fold(1, |n: usize, c| Some(n.saturating_mul(c?)));
        product.map(|n| self.of_counts(n))
    }

    fn of_counts(&self, others: usize) -> usize {
        let matrix = self.matrix.iter().map(|a| a.size);
        matrix.fold(others.saturating_mul(self.width), usize::saturating_mul)
    }
}

/// base + Σ stride·index over the product of the lists, the last one fastest.
fn sums(base: usize, axes: &[Axis], lists: &[Vec<usize>]) -> Vec<usize> {
    let mut all = vec![base];
    for (axis, list) in axes.iter().zip(lists) {
        let next = |from: &usize| {
            let from = *from;
            list.iter().map(move |i| from + i * axis.stride)
        };
        all = all.iter().flat_map(next).collect();
    }
    all
}

/// The coordinates of θ in the blocks that scale alike, for each item: a value of the free indices.
/// Nothing is listed before it is asked for.
#[derive(Clone, Debug)]
pub struct Places {
    /// Number of values of each free index.
    sizes: Vec<usize>,
    blocks: Vec<Selection>,
}

impl Places {
    pub(super) fn new(sizes: Vec<usize>, block: Selection) -> Places {
        let blocks = vec![block];
        Places { sizes, blocks }
    }

    /// With the coordinates of other blocks on the same items behind these.
    pub(crate) fn extend(&mut self, other: Places) {
        self.blocks.extend(other.blocks);
    }

    /// Number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sizes.iter().copied().fold(1, usize::saturating_mul)
    }

    /// Whether there are no items (never: an axis has at least one value).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The free indices of an item, row-major.
    fn copy(&self, mut item: usize) -> Vec<usize> {
        let mut copy = vec![0; self.sizes.len()];
        for (at, size) in copy.iter_mut().zip(&self.sizes).rev() {
            *at = item % size;
            item /= size;
        }
        copy
    }

    /// The coordinates of an item.
    #[must_use]
    pub fn of(&self, item: usize) -> Vec<usize> {
        let copy = self.copy(item);
        let mut own = Vec::new();
        for block in &self.blocks {
            block.visit(&copy, |places| {
                own.extend(places.iter().flat_map(|p| *p..*p + block.width));
            });
        }
        own
    }

    /// The coordinates of an item by the value of the matrix index: a stack, the blocks side by side. Of
    /// complex entries those of the real parts.
    pub(crate) fn rows(&self, item: usize) -> Vec<Vec<usize>> {
        let copy = self.copy(item);
        let mut rows: Vec<Vec<usize>> = Vec::new();
        for block in &self.blocks {
            block.visit(&copy, |places| {
                rows.resize(places.len(), Vec::new());
                rows.iter_mut()
                    .zip(places)
                    .for_each(|(row, p)| row.push(*p));
            });
        }
        rows
    }

    /// Those of all items, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Vec<usize>> + '_ {
        (0..self.len()).map(|item| self.of(item))
    }

    /// Number of coordinates of an item.
    #[must_use]
    pub fn count(&self, item: usize) -> usize {
        let copy = self.copy(item);
        self.blocks.iter().map(|b| b.count(&copy)).sum()
    }

    /// Number of coordinates of every item, if all have as many.
    #[must_use]
    pub fn common_count(&self) -> Option<usize> {
        let by_axes: Option<Vec<usize>> = self.blocks.iter().map(Selection::common).collect();
        by_axes.map(|counts| counts.iter().sum()).or_else(|| {
            let first = self.count(0);
            (1..self.len())
                .all(|i| self.count(i) == first)
                .then_some(first)
        })
    }
}
