//! Reads of one tensor sorted into boxes that are pairwise apart.
//!
//! A read takes a product of one progression per axis. Reads of one box stay together; boxes that
//! are not proven apart are replaced by one that holds both, until all are apart.

use super::progression::Progression;
use std::collections::{BTreeMap, HashSet};

/// A box and the reads that it holds.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// One progression per axis.
    pub sets: Vec<Progression>,
    /// Positions in the list of reads.
    pub reads: Vec<usize>,
}

impl Group {
    fn is_apart(&self, other: &Group) -> bool {
        let mut axes = self.sets.iter().zip(&other.sets);
        axes.any(|(a, b)| a.is_apart(b))
    }

    fn absorb(&mut self, other: &Group) {
        for (own, with) in self.sets.iter_mut().zip(&other.sets) {
            if own != with {
                *own = own.with(with);
            }
        }
        self.reads.extend(&other.reads);
    }
}

/// The groups of reads whose boxes are given, by ascending lowest entry.
pub(super) fn groups(reads: impl Iterator<Item = Vec<Progression>>) -> Vec<Group> {
    let mut same: BTreeMap<Vec<Progression>, Vec<usize>> = BTreeMap::new();
    for (read, sets) in reads.enumerate() {
        same.entry(sets).or_default().push(read);
    }
    let mut groups: Vec<Group> = same
        .into_iter()
        .map(|(sets, reads)| Group { sets, reads })
        .collect();
    while let Some(fewer) = swept(&mut groups) {
        groups = fewer;
    }
    let lowest = |g: &Group| g.sets.iter().map(|s| s.start).collect::<Vec<_>>();
    groups.sort_by_cached_key(lowest);
    groups
}

/// One sweep along the axis on which most boxes start elsewhere: only boxes whose intervals meet
/// there are compared. `None` if all are apart.
fn swept(groups: &mut Vec<Group>) -> Option<Vec<Group>> {
    let rank = groups.first()?.sets.len();
    let starts = |axis: usize| {
        let all: HashSet<i64> = groups.iter().map(|g| g.sets[axis].start).collect();
        all.len()
    };
    let Some(axis) = (0..rank).max_by_key(|a| starts(*a)) else {
        return merged_all(groups);
    };
    groups.sort_by_key(|g| g.sets[axis].start);
    let mut done: Vec<Group> = Vec::new();
    let mut open: Vec<Group> = Vec::new();
    let mut changed = false;
    for mut group in groups.drain(..) {
        let mut still = Vec::with_capacity(open.len() + 1);
        for other in open {
            if other.sets[axis].end() < group.sets[axis].start {
                done.push(other);
            } else if other.is_apart(&group) {
                still.push(other);
            } else {
                group.absorb(&other);
                changed = true;
            }
        }
        still.push(group);
        open = still;
    }
    done.extend(open);
    if changed {
        return Some(done);
    }
    *groups = done;
    None
}

/// Scalars have one entry, which all reads take.
fn merged_all(groups: &mut Vec<Group>) -> Option<Vec<Group>> {
    let mut all = groups.drain(..);
    let mut first = all.next()?;
    all.for_each(|g| first.absorb(&g));
    *groups = vec![first];
    None
}

#[cfg(test)]
mod tests {
    use super::super::progression::Digit;
    use super::*;

    fn interval(start: i64, count: i64) -> Progression {
        let digits = if count > 1 {
            vec![Digit { step: 1, count }]
        } else {
            Vec::new()
        };
        Progression { start, digits }
    }

    #[test]
    fn boxes_that_meet_are_filled_and_others_stay() {
        // Rows 0..4 and 2..6 meet on columns that meet; rows 8..12 stand alone.
        let read = |r: (i64, i64), c: (i64, i64)| vec![interval(r.0, r.1), interval(c.0, c.1)];
        let found = groups(
            [
                read((2, 4), (1, 3)),
                read((8, 4), (0, 3)),
                read((0, 4), (0, 3)),
                read((8, 4), (0, 3)),
            ]
            .into_iter(),
        );
        let boxes: Vec<_> = found.iter().map(|g| g.sets.clone()).collect();
        assert_eq!(boxes, [read((0, 6), (0, 4)), read((8, 4), (0, 3))]);
        assert_eq!(found[1].reads, [1, 3]);
        // Apart on one axis is apart.
        let rows = [read((0, 4), (0, 3)), read((2, 4), (3, 3))];
        assert_eq!(groups(rows.into_iter()).len(), 2);
    }

    #[test]
    fn a_filled_box_may_meet_a_third() {
        let line = |start, count| vec![interval(start, count)];
        let reads = [line(0, 3), line(2, 7), line(5, 1), line(9, 2)];
        let found = groups(reads.into_iter());
        let boxes: Vec<_> = found.iter().map(|g| g.sets[0].clone()).collect();
        assert_eq!(boxes, [interval(0, 9), interval(9, 2)]);
    }

    #[test]
    fn many_single_entries_take_no_quadratic_time() {
        let count = 100_000;
        let found = groups((0..count).map(|k| vec![interval(0, 5), interval(k, 1)]));
        assert_eq!(found.len(), count as usize);
    }
}
