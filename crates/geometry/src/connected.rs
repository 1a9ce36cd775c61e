//! Sets of numbers that are joined: coordinates that a field moves together.

/// A union–find forest over 0..n.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    parent: Vec<usize>,
}

impl Connected {
    /// Each number by itself.
    pub fn new(n: usize) -> Connected {
        Connected {
            parent: (0..n).collect(),
        }
    }

    /// The least number joined to this one.
    pub fn root(&mut self, mut i: usize) -> usize {
        while self.parent[i] != i {
            self.parent[i] = self.parent[self.parent[i]];
            i = self.parent[i];
        }
        i
    }

    /// Joins two.
    pub fn join(&mut self, i: usize, j: usize) {
        let (a, b) = (self.root(i), self.root(j));
        self.parent[a.max(b)] = a.min(b);
    }

    /// Joins all of a list.
    pub fn join_all(&mut self, all: impl IntoIterator<Item = usize>) {
        let mut all = all.into_iter();
        if let Some(first) = all.next() {
            all.for_each(|i| self.join(first, i));
        }
    }
}
