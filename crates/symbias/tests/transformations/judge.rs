//! The answer about a model against the oracle's.

use super::oracle::{Truth, truth};
use super::rewrite::File;
use super::seen::{INTEGERS, Seen, look};
use symbias_model::language::SourceFile;

/// How an answer fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Agrees,
    /// The oracle does not know.
    Unsure,
    /// The answer says that it does not know, and the oracle does.
    Open,
    /// No answer, or one that contradicts itself.
    Failed,
    /// An integer that is not true.
    Wrong,
}

/// How an answer fares, and why.
pub struct Verdict {
    pub kind: Kind,
    pub text: String,
}

/// The program's answer about a random model, judged.
pub fn judge(text: &str) -> Verdict {
    let known = SourceFile::parse(text, None)
        .ok()
        .and_then(|s| truth(&s, 5));
    let seen = look(&File::parse(text), &super::accesses::catalogue(), None, 0);
    against(&seen, known)
}

fn against(seen: &Seen, known: Option<Truth>) -> Verdict {
    let verdict = |kind, text: String| Verdict { kind, text };
    if seen.exit == 2 {
        return verdict(Kind::Failed, format!("failed: {}", seen.said));
    }
    let Some(known) = known.filter(|k| k.sure) else {
        return match seen.exit {
            0 => verdict(Kind::Unsure, String::new()),
            _ => verdict(Kind::Failed, format!("contradiction: {}", seen.said)),
        };
    };
    let redundancy = known.parameters - known.rank;
    let unexplained = redundancy.checked_sub(known.orbit);
    let mut kind = Kind::Agrees;
    let mut lines = Vec::new();
    let right = [
        Some(known.rank),
        Some(redundancy),
        Some(known.orbit),
        unexplained,
        Some(known.dimension),
        Some(known.charges),
    ];
    for (k, right) in right.into_iter().enumerate() {
        let got = seen.integers[k];
        if got == right {
            continue;
        }
        let less = got < right;
        let of_rank = k < 2;
        // Where the orbits explain all, other fields were not searched for, and the answer says so.
        if seen.explained && less && (k == 4 || k == 5) {
            continue;
        }
        let admitted = got.is_none()
            || if of_rank {
                seen.open_rank
            } else {
                seen.open && (less || k == 3) || seen.open_rank && k == 3
            };
        kind = kind.max(if admitted { Kind::Open } else { Kind::Wrong });
        lines.push(format!("{} {got:?}, and {right:?} is true", INTEGERS[k]));
    }
    if seen.open {
        kind = kind.max(Kind::Open);
    }
    if seen.exit == 1 && kind != Kind::Wrong {
        kind = Kind::Failed;
    }
    verdict(kind, format!("{} ({})", lines.join("; "), seen.said))
}

/// The oracle on models that are known by hand, with twins that differ in one term.
#[test]
fn the_oracle_knows_what_is_known_by_hand() {
    let truth = |program: &str, rest: &str| {
        let text = format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ h = 3, d = 2, o = 2 }}\nprogram = \"{program}\"\n{rest}"
        );
        let source = SourceFile::parse(&text, None).unwrap_or_else(|e| panic!("{e}"));
        let known = super::oracle::truth(&source, 1).expect("a truth");
        assert!(known.sure, "{program}: {known:?}");
        [known.rank, known.orbit, known.dimension, known.charges]
    };
    let two = "parameters = { v = [\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }";
    // One scaling a unit; tanh has none; a sum of squares turns as a whole.
    assert_eq!(truth("y = v[h]*relu(W[h,d]*x[d])", two), [6, 3, 3, 3]);
    assert_eq!(truth("y = v[h]*tanh(W[h,d]*x[d])", two), [9, 0, 0, 0]);
    // gl(3), and W[:,d] += S v with S antisymmetric for each d: 9 + 6; symmetric are the 6 of gl(3).
    assert_eq!(truth("y = v[h]*(W[h,d]*x[d])", two), [2, 7, 15, 6]);
    let matrices =
        "parameters = { U = [\"o\",\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }";
    assert_eq!(truth("y[o] = U[o,h]*W[h,d]*x[d]", matrices), [4, 8, 9, 6]);
    let one = "parameters = { W = [\"o\",\"h\"] }\ninputs = { x = [] }";
    assert_eq!(truth("y = x*sum[o,h](W[o,h]^2)", one), [1, 5, 15, 0]);
    // Of the six entries only the sum matters: five translations, each with its charge.
    assert_eq!(truth("y = x*sum[o,h](W[o,h])", one), [1, 5, 5, 5]);
    // Under exp a shift is a scaling: affine.
    let shift = "parameters = { v = [\"h\"], a = [\"h\"] }\ninputs = { x = [\"h\"] }";
    assert_eq!(truth("y = v[h]*exp(a[h])*x[h]", shift), [3, 3, 3, 3]);
    assert_eq!(truth("y = v[h]*sin(a[h])*x[h]", shift), [3, 0, 0, 0]);
}
