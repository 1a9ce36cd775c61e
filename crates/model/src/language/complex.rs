//! Complex values (language §13): which operations take them, and what they become.

use super::graph::Graph;
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Factor, Field, Function, NodeId};

/// Refuses complex arguments.
pub(super) fn real(graph: &Graph, arguments: &[NodeId], what: &str, span: Span) -> Result<()> {
    match arguments
        .iter()
        .find(|a| graph.field(**a) == Field::Complex)
    {
        None => Ok(()),
        Some(_) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("{what} takes real values, this one is complex"),
        )
        .at(span)
        .remedy("take re(z), im(z), abs(z) or abs2(z); + - * / conj exp and integer powers stay complex")),
    }
}

/// What a function of this argument is, where its field decides.
pub(super) fn map(
    graph: &mut Graph,
    function: Function,
    argument: NodeId,
    span: Span,
) -> Result<Option<NodeId>> {
    let complex = graph.field(argument) == Field::Complex;
    match (function, complex) {
        (Function::Conj | Function::Re, false) => Ok(Some(argument)),
        (Function::Abs2, false) => graph.map(Function::Square, argument, span).map(Some),
        (Function::Im, false) => Err(Error::new(
            ErrorKind::Value,
            "`im` of a real value is zero everywhere",
        )
        .at(span)
        .remedy("declare the tensor with field = \"complex\"")),
        (Function::Conj | Function::Re | Function::Im, true) => Ok(None),
        (Function::Abs | Function::Abs2 | Function::Exp, true) => Ok(None),
        (Function::Square, true) => copies(graph, argument, 2, span).map(Some),
        (Function::Power(p), true) if p.fract() == 0.0 && (1.0..=16.0).contains(&p) => {
            copies(graph, argument, p as usize, span).map(Some)
        }
        (Function::Power(p), true) if p.fract() == 0.0 => Ok(None),
        (Function::Power(_) | Function::Sqrt, true) => Err(no_integer(span)),
        (_, true) => {
            let name = format!("`{}`", function.name());
            real(graph, &[argument], &name, span).map(|()| None)
        }
        (_, false) => Ok(None),
    }
}

/// A complex base has one power only where the exponent is an integer; the others have branches.
fn no_integer(span: Span) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "a complex base takes integer exponents: other powers have several values",
    )
    .at(span)
    .remedy(
        "exponents are integers, pos(i), size(i) and their sums, differences and products; another power of z = exp(w) is \
         exp(p*w)",
    )
}

/// base^exponent where one of them is complex; `integer` says whether the exponent is one by its form.
pub(super) fn power(
    graph: &Graph,
    base: NodeId,
    exponent: NodeId,
    integer: bool,
    span: Span,
) -> Result<Field> {
    match (graph.field(base), graph.field(exponent)) {
        (field, Field::Real) if field == Field::Real || integer => Ok(field),
        (Field::Complex, _) => Err(no_integer(span)),
        (Field::Real, _) => Err(Error::new(
            ErrorKind::Unsupported,
            "the exponent of this power is complex",
        )
        .at(span)
        .remedy("a power of a positive number c is written exp(z*log(c))")),
    }
}

/// z·z·…
fn copies(graph: &mut Graph, node: NodeId, count: usize, span: Span) -> Result<NodeId> {
    let factor = Factor {
        node,
        inverse: false,
    };
    graph.product(vec![factor; count], vec![], span)
}
