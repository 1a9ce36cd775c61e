//! Sets of integers that an index expression runs through: generalised arithmetic progressions.
//!
//! `{start + Σ step_k · x_k : 0 ≤ x_k < count_k}` with every step above the span of the smaller
//! ones, so that each member is written once: a number in a mixed radix. What is asked of them
//! (are two apart, what holds both) is answered from steps and counts, whatever the sizes.

/// One digit of a mixed radix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Digit {
    /// What one more of it adds, ≥ 1.
    pub step: i64,
    /// How many values it takes, ≥ 2.
    pub count: i64,
}

/// `{start + Σ step · x}`, largest step first, every step above the span of those after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Progression {
    pub start: i64,
    pub digits: Vec<Digit>,
}

pub(super) fn span(digits: &[Digit]) -> i64 {
    digits.iter().map(|d| d.step * (d.count - 1)).sum()
}

pub(super) fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}

impl Progression {
    /// All of 0..size.
    pub fn whole(size: i64) -> Progression {
        let digit = Digit {
            step: 1,
            count: size,
        };
        Progression {
            start: 0,
            digits: if size > 1 { vec![digit] } else { Vec::new() },
        }
    }

    /// The largest member.
    pub fn end(&self) -> i64 {
        self.start + span(&self.digits)
    }

    /// The number of members.
    pub fn len(&self) -> u64 {
        self.digits.iter().map(|d| d.count as u64).product()
    }

    /// Whether it is all of 0..size.
    pub fn is_whole(&self, size: i64) -> bool {
        self.start == 0 && self.end() == size - 1 && self.len() == size as u64
    }

    /// The same set with as few digits as possible: equal sets have equal ones.
    pub fn joined(&self) -> Progression {
        let mut digits: Vec<Digit> = Vec::with_capacity(self.digits.len());
        for digit in &self.digits {
            match digits.last_mut() {
                Some(above) if above.step == digit.step * digit.count => {
                    above.step = digit.step;
                    above.count *= digit.count;
                }
                _ => digits.push(*digit),
            }
        }
        Progression {
            start: self.start,
            digits,
        }
    }

    fn moved(&self, by: i64) -> Progression {
        Progression {
            start: self.start + by,
            digits: self.digits.clone(),
        }
    }

    /// Remainders and quotients by `modulus`, if the digits fall into those below it and multiples
    /// of it: every member is remainder + modulus · quotient, and every such pair is a member.
    fn divided(&self, modulus: i64) -> Option<(Progression, Progression)> {
        let (low, high): (Vec<Digit>, Vec<Digit>) =
            self.digits.iter().partition(|d| d.step < modulus);
        if span(&low) >= modulus || high.iter().any(|d| d.step % modulus != 0) {
            return None;
        }
        let remainder = Progression {
            start: self.start.rem_euclid(modulus),
            digits: low,
        };
        let quotient = Progression {
            start: self.start.div_euclid(modulus),
            digits: high
                .iter()
                .map(|d| Digit {
                    step: d.step / modulus,
                    count: d.count,
                })
                .collect(),
        };
        Some((remainder, quotient))
    }

    /// Whether the two are proven to have no member in common.
    ///
    /// Dividing by a step that splits both, members r + m·q and r' + m·q' agree only where
    /// r − r' = m·k and q' − q = k; as r and r' are below 2m, k is −1, 0 or 1.
    pub fn is_apart(&self, other: &Progression) -> bool {
        if self.end() < other.start || other.end() < self.start {
            return true;
        }
        let steps = || self.digits.iter().chain(&other.digits).map(|d| d.step);
        let common = steps().fold(0, gcd);
        if common == 0 || (self.start - other.start) % common != 0 {
            return self.start != other.start;
        }
        let mut moduli: Vec<i64> = steps().filter(|m| *m > 1).collect();
        moduli.sort_unstable_by_key(|m| std::cmp::Reverse(*m));
        moduli.dedup();
        for modulus in moduli {
            let (Some((r, q)), Some((s, t))) = (self.divided(modulus), other.divided(modulus))
            else {
                continue;
            };
            return (-1..=1).all(|k| r.is_apart(&s.moved(k * modulus)) || q.moved(k).is_apart(&t));
        }
        false
    }

    /// A progression that holds both, whose digits are sums of digits of either: the common digits
    /// if the sets are equal; otherwise equal leading digits stay, and below them the gaps are
    /// filled.
    pub fn with(&self, other: &Progression) -> Progression {
        if self.joined() == other.joined() {
            return self.common(other);
        }
        let (mut a, mut b) = (&self.digits[..], &other.digits[..]);
        let start = self.start.min(other.start);
        let length =
            |a: &[Digit], b: &[Digit]| (self.start + span(a)).max(other.start + span(b)) - start;
        let mut digits = Vec::new();
        while let ([x, after @ ..], [y, behind @ ..]) = (a, b)
            && x == y
            && length(after, behind) < x.step
        {
            digits.push(*x);
            (a, b) = (after, behind);
        }
        let apart = (self.start - other.start).abs();
        let step = a.iter().chain(b).map(|d| d.step).fold(apart, gcd);
        digits.push(Digit {
            step,
            count: length(a, b) / step + 1,
        });
        Progression { start, digits }
    }

    /// The digits that two spellings of one set have in common.
    fn common(&self, other: &Progression) -> Progression {
        let mut digits: Vec<Digit> = Vec::new();
        let mut count = 1;
        for digit in &self.digits {
            count *= digit.count;
            if other.digits.iter().any(|d| d.step == digit.step) {
                digits.push(Digit {
                    step: digit.step,
                    count,
                });
                count = 1;
            }
        }
        Progression {
            start: self.start,
            digits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn set(start: i64, digits: &[(i64, i64)]) -> Progression {
        let digits = digits
            .iter()
            .map(|(step, count)| Digit {
                step: *step,
                count: *count,
            })
            .collect();
        Progression { start, digits }
    }

    fn members(p: &Progression) -> BTreeSet<i64> {
        p.digits.iter().fold(BTreeSet::from([p.start]), |all, d| {
            all.iter()
                .flat_map(|m| (0..d.count).map(move |x| m + d.step * x))
                .collect()
        })
    }

    /// Progressions of up to three digits with small steps.
    fn small() -> Vec<Progression> {
        let mut list = Vec::new();
        for start in 0..7 {
            list.push(set(start, &[]));
            for low in 1..4 {
                for n in 2..4 {
                    list.push(set(start, &[(low, n)]));
                    for step in low * (n - 1) + 1..8 {
                        list.push(set(start, &[(step, 2), (low, n)]));
                        let above = step + low * (n - 1) + 1;
                        list.push(set(start, &[(above + 1, 2), (step, 2), (low, n)]));
                        list.push(set(start, &[(2 * step, 3), (step, 2), (low, n)]));
                    }
                }
            }
        }
        list.retain(|p| (0..p.digits.len()).all(|i| p.digits[i].step > span(&p.digits[i + 1..])));
        list
    }

    #[test]
    fn each_member_is_written_once_and_apart_is_what_sets_say() {
        let list = small();
        let (mut apart, mut missed) = (0, 0);
        for p in list.iter().step_by(3) {
            let own = members(p);
            assert_eq!(own.len() as u64, p.len(), "{p:?}");
            assert_eq!(members(&p.joined()), own);
            for q in list.iter().step_by(5) {
                let other = members(q);
                let truth = own.is_disjoint(&other);
                let claim = p.is_apart(q);
                assert!(truth || !claim, "{p:?} {q:?}");
                assert_eq!(claim, q.is_apart(p));
                apart += usize::from(truth);
                missed += usize::from(truth && !claim);
            }
        }
        // Where no step splits both, being apart may stay unproven, which is sound.
        assert!(missed * 5 < apart, "{missed} of {apart}");
    }

    #[test]
    fn what_holds_both_holds_both_by_their_digits() {
        let list = small();
        for p in list.iter().step_by(7) {
            for q in list.iter().step_by(11) {
                let both = p.with(q);
                let held = members(&both);
                assert!(members(p).is_subset(&held) && members(q).is_subset(&held));
                assert_eq!(held.len() as u64, both.len());
                for d in p.digits.iter().chain(&q.digits) {
                    let below = both.digits.iter().find(|g| g.step <= d.step);
                    assert!(below.is_some_and(|g| d.step % g.step == 0), "{p:?} {q:?}");
                }
            }
        }
    }

    #[test]
    fn heads_of_a_fused_projection_are_apart_at_any_size() {
        let n = 1 << 40;
        let part = |k: i64| set(4 * k, &[(12, n), (1, 4)]);
        assert!(part(0).is_apart(&part(1)) && part(1).is_apart(&part(2)));
        // One entry too long: the last of each head is the first of the next.
        let long = set(4, &[(12, n), (1, 5)]);
        assert!(!long.is_apart(&part(2)));
        // Even and odd rows, and rows that meet once.
        assert!(set(0, &[(2, n)]).is_apart(&set(1, &[(2, n)])));
        assert!(!set(0, &[(2, n)]).is_apart(&set(1, &[(3, n)])));
        assert_eq!(part(0).with(&part(2)), set(0, &[(12, n), (1, 12)]).clone());
    }

    #[test]
    fn spellings_of_one_set_share_their_common_digits() {
        let a = set(5, &[(6, 4), (3, 2), (1, 3)]);
        let b = set(5, &[(6, 4), (2, 3), (1, 2)]);
        assert_eq!(a.with(&b), set(5, &[(6, 4), (1, 6)]));
        assert_eq!(a.with(&a), a);
        assert_eq!(a.with(&set(5, &[(1, 24)])), set(5, &[(1, 24)]));
    }
}
