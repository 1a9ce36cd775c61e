//! Where arrays lie in the arena, and loops over several of them.

use super::graph::Dim;

/// An array in the arena. One dimension may be the lane: it is innermost and padded to whole
/// vectors; padding holds anything, unless it is known to be zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slot {
    pub offset: usize,
    /// Dimension, size and stride.
    pub dims: Vec<(Dim, usize, usize)>,
    pub lane: Option<Dim>,
    /// Numbers that it occupies.
    pub len: usize,
    /// Whether padding is zero.
    pub clean: bool,
}

impl Slot {
    /// A dense array with the given lane; `width` is the number of lanes of a vector.
    pub fn new(dims: &[Dim], lane: Option<Dim>, sizes: &[usize], width: usize) -> Slot {
        let size = |d: &Dim| sizes[*d as usize];
        let mut stride = lane.map_or(1, |d| size(&d).next_multiple_of(width));
        let mut placed: Vec<(Dim, usize, usize)> = lane.iter().map(|d| (*d, size(d), 1)).collect();
        for d in dims.iter().rev().filter(|d| Some(**d) != lane) {
            placed.push((*d, size(d), stride));
            stride *= size(d);
        }
        placed.reverse();
        Slot {
            offset: 0,
            dims: placed,
            lane,
            len: stride.next_multiple_of(width),
            clean: false,
        }
    }

    pub fn stride(&self, dim: Dim) -> Option<usize> {
        self.dims.iter().find(|d| d.0 == dim).map(|d| d.2)
    }

    pub fn has(&self, dim: Dim) -> bool {
        self.dims.iter().any(|d| d.0 == dim)
    }

    /// Offset of a row-major flat index over some of its dimensions.
    pub fn at(&self, over: &[Dim], sizes: &[usize], mut flat: usize) -> usize {
        let mut offset = 0;
        for d in over.iter().rev() {
            let n = sizes[*d as usize];
            offset += (flat % n) * self.stride(*d).unwrap_or(0);
            flat /= n;
        }
        offset
    }

    /// The same array with other names.
    pub fn renamed(&self, names: &[(Dim, Dim)]) -> Slot {
        let name = |d: Dim| names.iter().find(|n| n.0 == d).map_or(d, |n| n.1);
        let dims = self
            .dims
            .iter()
            .map(|(d, n, s)| (name(*d), *n, *s))
            .collect();
        Slot {
            dims,
            lane: self.lane.map(name),
            ..self.clone()
        }
    }
}

/// A loop over N arrays at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Loop<const N: usize> {
    pub size: usize,
    pub strides: [usize; N],
}

/// Loops over dimensions for several arrays, outermost first; dimensions that are contiguous in
/// all of them become one.
pub(super) fn loops<const N: usize>(dims: &[(Dim, usize)], slots: [&Slot; N]) -> Vec<Loop<N>> {
    let mut found: Vec<Loop<N>> = Vec::new();
    for (dim, size) in dims.iter().filter(|d| d.1 != 1) {
        let strides = slots.map(|s| s.stride(*dim).unwrap_or(0));
        if let Some(last) = found.last_mut() {
            let joins = last
                .strides
                .iter()
                .zip(&strides)
                .all(|(outer, inner)| *outer == inner * size);
            if joins {
                last.size *= size;
                last.strides = strides;
                continue;
            }
        }
        found.push(Loop {
            size: *size,
            strides,
        });
    }
    found
}

/// Visits the offsets of all values of the loops, the last fastest.
#[inline(always)]
pub(super) fn each<const N: usize>(
    loops: &[Loop<N>],
    mut at: [usize; N],
    mut visit: impl FnMut([usize; N]),
) {
    // One place that visits, so that a kernel is compiled into it once.
    let once = Loop {
        size: 1,
        strides: [0; N],
    };
    let (last, outer) = loops.split_last().unwrap_or((&once, &[]));
    let (next, outer) = outer.split_last().unwrap_or((&once, &[]));
    let mut index = [0_u32; DEEPEST];
    loop {
        for j in 0..next.size {
            // Products, not running sums: a vector of running offsets would go through memory.
            for i in 0..last.size {
                visit(std::array::from_fn(
                    #[inline(always)]
                    |k| at[k] + j * next.strides[k] + i * last.strides[k],
                ));
            }
        }
        let mut level = outer.len();
        loop {
            if level == 0 {
                return;
            }
            level -= 1;
            index[level] += 1;
            let l = &outer[level];
            at.iter_mut().zip(&l.strides).for_each(|(a, s)| *a += s);
            if (index[level] as usize) < l.size {
                break;
            }
            at.iter_mut()
                .zip(&l.strides)
                .for_each(|(a, s)| *a -= s * l.size);
            index[level] = 0;
        }
    }
}

/// Loops at most; checked when compiling.
pub(super) const DEEPEST: usize = 24;
