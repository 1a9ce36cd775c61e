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
        .remedy("take re(z), im(z), abs(z) or abs2(z); + - * / conj stay complex")),
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
        (Function::Conj | Function::Re | Function::Im | Function::Abs | Function::Abs2, true) => {
            Ok(None)
        }
        (Function::Square, true) => copies(graph, argument, 2, span).map(Some),
        (Function::Power(p), true) if p.fract() == 0.0 && (1.0..=16.0).contains(&p) => {
            copies(graph, argument, p as usize, span).map(Some)
        }
        (_, true) => real(graph, &[argument], "this function", span).map(|()| None),
        (_, false) => Ok(None),
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
