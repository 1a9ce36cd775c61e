//! One program for all samples of integer inputs is the one that is written out for each.

use std::collections::BTreeMap;
use symbias_model::Model;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::{Arrays, Inputs, ScalarProgram};

fn model(axes: &str, program: &str, parameters: &str, inputs: &str) -> Model {
    let text = format!(
        "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = \"{program}\"\n\
         parameters = {{ {parameters} }}\ninputs = {{ {inputs} }}\n"
    );
    let source = SourceFile::parse(&text, None).expect("a file");
    source.check(Copies::All).expect("a model")
}

/// Values and rows of J, of the shared program and of the one of each sample.
fn agrees(model: &Model) {
    let arrays = Arrays::new(model, &BTreeMap::new()).expect("constants");
    let open = ScalarProgram::selecting(model, &arrays)
        .expect("a program")
        .expect("inputs only select");
    let d = model.space().dim();
    let theta: Vec<f64> = (0..d).map(|i| (1.7 * i as f64 + 0.3).sin()).collect();
    let mut kinds = Vec::new();
    for probe in 0..6 {
        let inputs = Inputs::random(model, 3, probe);
        let own = ScalarProgram::lower(model, &arrays.with(&inputs)).expect("a program");
        let shared = open.of(&inputs).expect("values of the axes");
        assert_eq!(shared.parameters(), d);
        let (a, b) = (
            own.value(&theta, &inputs.flat),
            shared.value(&theta, &inputs.flat),
        );
        let (a, b) = (a.expect("a value"), b.expect("a value"));
        close(&a, &b);
        let (rows, others) = (
            own.jacobian(&theta, &inputs.flat),
            shared.jacobian(&theta, &inputs.flat),
        );
        for (a, b) in rows.expect("J").iter().zip(&others.expect("J")) {
            close(a, b);
        }
        kinds.push(a);
    }
    // The twin: another sample has another value.
    assert!(kinds.iter().any(|a| *a != kinds[0]));
}

fn close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-13 * a.abs().max(1.0), "{a} or {b}");
    }
}

#[test]
fn tokens_select_rows_of_an_embedding() {
    agrees(&model(
        "v = 5, t = 3, c = 2",
        "y[t,v] = E[v,c] * tanh(E[token[t],c] + x[c])",
        "E = [\"v\",\"c\"]",
        "token = { axes = [\"t\"], index = \"v\" }, x = [\"c\"]",
    ));
}

#[test]
fn an_entry_of_any_axis_can_be_selected() {
    agrees(&model(
        "v = 4, t = 2, c = 3, n = 2",
        "y[t] = U[c,token[t]] * W[token[1-t],c] * b[word[t]]",
        "U = [\"c\",\"v\"], W = [\"v\",\"c\"], b = [\"v\"]",
        "token = { axes = [\"t\"], index = \"v\" }, word = { axes = [\"t\"], index = \"v\" }",
    ));
}

#[test]
fn complex_entries_are_selected_whole() {
    let text = "symbias = 1\noutputs = [\"y\"]\naxes = { v = 4, t = 2, c = 3 }\n\
        program = \"y[t] = abs(A[token[t],c] * A[token[1-t],c])^2\"\n\
        parameters = { A = { axes = [\"v\",\"c\"], field = \"complex\" } }\n\
        inputs = { token = { axes = [\"t\"], index = \"v\" } }\n";
    let source = SourceFile::parse(text, None).expect("a file");
    agrees(&source.check(Copies::All).expect("a model"));
}

#[test]
fn inputs_that_do_more_are_written_out() {
    let model = model(
        "v = 4, t = 3",
        "y[t] = E[token[t]] * where(token[t] < 2, 1, a)",
        "E = [\"v\"], a = []",
        "token = { axes = [\"t\"], index = \"v\" }",
    );
    let arrays = Arrays::new(&model, &BTreeMap::new()).expect("constants");
    let open = ScalarProgram::selecting(&model, &arrays).expect("a program");
    assert!(open.is_none());
}
