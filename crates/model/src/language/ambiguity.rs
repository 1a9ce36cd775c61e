//! Sums that readers place elsewhere than the product rule does (language §6).
//!
//! The rule sums an index over a whole chain of factors, through parentheses and function arguments. Where
//! the index could be summed inside one of these scopes as well, and something else came out, the text means two
//! things to two readers: it is refused, with both readings written out.

use super::axes::Axes;
use super::check::Checker;
use super::function;
use super::occurrence::free;
use super::syntax::{Expr, ExprKind, Operator};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::Label;

/// Inner sums that one message shows, at most.
const SHOWN: usize = 16;

/// Characters of a product up to which its readings are printed.
const LENGTH: usize = 600;

/// What closing an expression would do with an index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// The index does not occur.
    Absent,
    /// The rules sum it inside.
    Closed,
    /// Some occurrence would be left over.
    Open,
}

impl Closing {
    /// Of two parts that are closed separately.
    fn and(self, other: Closing) -> Closing {
        match (self, other) {
            (Closing::Open, _) | (_, Closing::Open) => Closing::Open,
            (Closing::Absent, known) | (known, Closing::Absent) => known,
            _ => Closing::Closed,
        }
    }
}

/// One index, and the scopes in which it is taken to be summed already.
struct Reader<'a> {
    axes: &'a Axes,
    label: Label,
    closed: Vec<&'a Expr>,
}

type Factors = [(Operator, Expr)];

impl<'a> Reader<'a> {
    fn occurs(&self, expr: &Expr) -> bool {
        let mut found = false;
        free(expr, self.axes, &mut |label| found |= label == self.label);
        found
    }

    fn closing(&self, expr: &Expr) -> Closing {
        if self.closed.iter().any(|c| std::ptr::eq(*c, expr)) {
            return Closing::Absent;
        }
        match &expr.kind {
            ExprKind::Name { .. } => {
                let mut count = 0;
                free(expr, self.axes, &mut |label| {
                    count += usize::from(label == self.label);
                });
                match count {
                    0 => Closing::Absent,
                    1 => Closing::Open,
                    _ => Closing::Closed,
                }
            }
            ExprKind::Product(factors) => self.chain(factors),
            ExprKind::Call {
                name,
                over,
                arguments,
                ..
            } => {
                let runs = over.iter().flatten().any(|l| self.is(&l.text));
                match function::reduction(&name.text) {
                    Some(_) if runs => Closing::Absent,
                    None if runs || matches!(name.text.as_str(), "pos" | "size") => {
                        self.whole(expr)
                    }
                    _ => self.all(arguments.iter()),
                }
            }
            ExprKind::Negative(inner) => self.closing(inner),
            ExprKind::Sum(terms) => self.all(terms.iter().map(|t| &t.1)),
            ExprKind::Power(base, exponent) => self.closing(base).and(self.closing(exponent)),
            _ => self.whole(expr),
        }
    }

    fn is(&self, letter: &str) -> bool {
        self.axes.find(letter) == Some(self.label)
    }

    /// Of what closes nothing.
    fn whole(&self, expr: &Expr) -> Closing {
        match self.occurs(expr) {
            true => Closing::Open,
            false => Closing::Absent,
        }
    }

    fn all<'e>(&self, parts: impl Iterator<Item = &'e Expr>) -> Closing {
        parts
            .map(|e| self.closing(e))
            .fold(Closing::Absent, Closing::and)
    }

    /// Of a chain of factors: summed over it from two on, otherwise by the factor that has the index.
    fn chain(&self, factors: &Factors) -> Closing {
        let mut of = factors
            .iter()
            .map(|f| self.closing(&f.1))
            .filter(|c| *c != Closing::Absent);
        match (of.next(), of.next()) {
            (None, _) => Closing::Absent,
            (Some(one), None) => one,
            _ => Closing::Closed,
        }
    }

    /// Whether some product in there has the index in two or more of its factors.
    fn contracts(&self, expr: &Expr) -> bool {
        if let ExprKind::Product(factors) = &expr.kind
            && factors.iter().filter(|f| self.occurs(&f.1)).count() >= 2
        {
            return true;
        }
        let mut found = false;
        let bound = matches!(&expr.kind, ExprKind::Call { name, over: Some(over), .. }
            if function::reduction(&name.text).is_some() && over.iter().any(|l| self.is(&l.text)));
        if !bound {
            expr.for_each_child(&mut |child| found = found || self.contracts(child));
        }
        found
    }

    /// Closes the outermost scopes of a chain that can be closed while the rest stays legal.
    fn close_scopes(&mut self, chain: &'a Factors) {
        for (_, factor) in chain {
            self.descend(factor, true, chain);
        }
    }

    fn descend(&mut self, expr: &'a Expr, scope: bool, chain: &'a Factors) {
        if self.closed.len() >= SHOWN {
            return;
        }
        match &expr.kind {
            ExprKind::Product(factors) => {
                if scope && self.try_close(expr, chain) {
                    return;
                }
                for (_, factor) in factors {
                    self.descend(factor, true, chain);
                }
            }
            ExprKind::Sum(terms) => {
                if scope && self.try_close(expr, chain) {
                    return;
                }
                for (_, term) in terms {
                    self.descend(term, false, chain);
                }
            }
            ExprKind::Negative(inner) => self.descend(inner, scope, chain),
            ExprKind::Power(base, exponent) => {
                self.descend(base, true, chain);
                self.descend(exponent, true, chain);
            }
            ExprKind::Call {
                name,
                over,
                arguments,
                ..
            } => {
                let bound = over.iter().flatten().any(|l| self.is(&l.text));
                if !bound && !matches!(name.text.as_str(), "pos" | "size") {
                    for argument in arguments {
                        self.descend(argument, true, chain);
                    }
                }
            }
            _ => {}
        }
    }

    fn try_close(&mut self, scope: &'a Expr, chain: &'a Factors) -> bool {
        if !self.contracts(scope) || self.closing(scope) != Closing::Closed {
            return false;
        }
        self.closed.push(scope);
        // Outside it has to occur at first, and must not be left over.
        let legal = match self.chain(chain) {
            Closing::Closed => true,
            Closing::Absent => self.closed.len() > 1,
            Closing::Open => false,
        };
        if !legal {
            self.closed.pop();
        }
        legal
    }

    /// Where the sums stand if a scope is closed.
    fn sums(&self, expr: &Expr, places: &mut Vec<(Span, Label)>) {
        match &expr.kind {
            ExprKind::Product(factors) => {
                let having: Vec<&Expr> = factors
                    .iter()
                    .map(|f| &f.1)
                    .filter(|e| self.occurs(e))
                    .collect();
                match having[..] {
                    [one] => self.sums(one, places),
                    [] => {}
                    _ => places.push((expr.span, self.label)),
                }
            }
            ExprKind::Call { name, over, .. }
                if function::reduction(&name.text).is_some()
                    && over.iter().flatten().any(|l| self.is(&l.text)) => {}
            ExprKind::Name { .. } => {}
            _ => expr.for_each_child(&mut |child| self.sums(child, places)),
        }
    }
}

impl Checker<'_> {
    /// Refuses a chain of factors if one of the indices summed over it could be summed inside as well.
    pub(super) fn one_reading(
        &self,
        factors: &Factors,
        span: Span,
        summed: &[Label],
    ) -> Result<()> {
        let mut places = Vec::new();
        let mut first = None;
        for label in summed {
            let mut reader = Reader {
                axes: &self.axes,
                label: *label,
                closed: Vec::new(),
            };
            reader.close_scopes(factors);
            for scope in &reader.closed {
                first.get_or_insert((*label, scope.span));
                reader.sums(scope, &mut places);
            }
        }
        match first {
            None => Ok(()),
            Some((label, scope)) => Err(self.two_readings(span, &places, label, scope)),
        }
    }

    fn two_readings(
        &self,
        span: Span,
        inner: &[(Span, Label)],
        label: Label,
        scope: Span,
    ) -> Error {
        let letter = self.axes.name(label);
        let mut letters: Vec<Label> = inner.iter().map(|p| p.1).collect();
        letters.sort_unstable();
        letters.dedup();
        let whole: Vec<(Span, Label)> = letters.iter().map(|l| (span, *l)).collect();
        let readings = self
            .with_sums(span, &whole)
            .zip(self.with_sums(span, inner));
        let said = match &readings {
            Some((whole, inner)) => format!(
                "the index `{letter}` is read in two ways that differ: summed over the whole product, \
                 {whole}, or inside, {inner}"
            ),
            None => format!(
                "the index `{letter}` is read in two ways that differ: summed over the whole product, or \
                 inside `{}`",
                self.snippet(scope)
            ),
        };
        Error::new(ErrorKind::Index, said).at(scope).remedy(format!(
            "write the sum that is meant, sum[{letter}](…); or give the inner sum a statement of its own; or, \
             for the whole product, drop the parentheses"
        ))
    }

    /// The text of a span with sums written around pieces of it.
    fn with_sums(&self, span: Span, places: &[(Span, Label)]) -> Option<String> {
        let text = self.source.get(span.start..span.end)?;
        if text.len() > LENGTH {
            return None;
        }
        let mut groups: Vec<(Span, Vec<&str>)> = Vec::new();
        for (place, label) in places {
            let letter = self.axes.name(*label);
            match groups.iter_mut().find(|g| g.0 == *place) {
                Some(group) => group.1.push(letter),
                None => groups.push((*place, vec![letter])),
            }
        }
        // (byte, whether it closes, text), in the order in which it is written.
        let mut marks: Vec<(usize, bool, String)> = Vec::new();
        for (place, letters) in groups {
            let piece = self.source.get(place.start..place.end)?;
            let own = in_parentheses(piece);
            let bracket = if own { "" } else { "(" };
            marks.push((
                place.start,
                false,
                format!("sum[{}]{bracket}", letters.join(",")),
            ));
            if !own {
                marks.push((place.end, true, ")".into()));
            }
        }
        marks.sort_by_key(|m| (m.0, !m.1));
        let (mut written, mut at) = (String::new(), span.start);
        for (place, _, mark) in marks {
            written.push_str(self.source.get(at..place)?);
            written.push_str(&mark);
            at = place;
        }
        written.push_str(self.source.get(at..span.end)?);
        Some(written.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Whether the first bracket of a text is closed by its last one.
fn in_parentheses(text: &str) -> bool {
    if !text.starts_with('(') {
        return false;
    }
    let mut depth = 0usize;
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1 == text.len();
        }
    }
    false
}
