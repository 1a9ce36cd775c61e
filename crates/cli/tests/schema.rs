//! The JSON schemas of the repository against what is there: every answer, every model file, and
//! twins with a mistake.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use symbias::Answer;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join("schemas").join(name)).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

/// The keywords that the two schemas use; an error names the place.
fn check(whole: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = whole
            .pointer(reference.trim_start_matches('#'))
            .ok_or_else(|| format!("{at}: {reference}"))?;
        return check(whole, target, value, at);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let errors: Vec<String> = any
            .iter()
            .filter_map(|s| check(whole, s, value, at).err())
            .collect();
        return if errors.len() < any.len() {
            Ok(())
        } else {
            Err(errors.join("; "))
        };
    }
    if let Some(one) = schema["oneOf"].as_array() {
        let errors: Vec<String> = one
            .iter()
            .filter_map(|s| check(whole, s, value, at).err())
            .collect();
        return match one.len() - errors.len() {
            1 => Ok(()),
            n => Err(format!("{at}: {n} of the forms fit: {}", errors.join("; "))),
        };
    }
    if schema.get("const").is_some_and(|c| c != value) {
        return Err(format!("{at}: {value} is not {}", schema["const"]));
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|e| !e.contains(value))
    {
        return Err(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => value.is_number(),
    };
    let holds = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if !holds {
        return Err(format!("{at}: {value} is no {}", schema["type"]));
    }
    if let (Some(least), Some(x)) = (schema["minimum"].as_f64(), value.as_f64())
        && x < least
    {
        return Err(format!("{at}: {x} is less than {least}"));
    }
    // What is required of an object is not required of a null that may stand for it.
    if value.is_null() {
        return Ok(());
    }
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if value.get(name).is_none() {
            return Err(format!("{at}: `{name}` is missing"));
        }
    }
    for (name, entry) in value.as_object().into_iter().flatten() {
        let place = format!("{at}.{name}");
        match (
            schema["properties"].get(name),
            &schema["additionalProperties"],
        ) {
            (Some(own), _) => check(whole, own, entry, &place)?,
            (None, Value::Bool(false)) => return Err(format!("{place}: unknown")),
            (None, Value::Null | Value::Bool(true)) => {}
            (None, other) => check(whole, other, entry, &place)?,
        }
    }
    if let Some(items) = schema.get("items") {
        for (k, entry) in value.as_array().into_iter().flatten().enumerate() {
            check(whole, items, entry, &format!("{at}[{k}]"))?;
        }
    }
    Ok(())
}

fn model_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["models", "examples/models"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
        found.extend(entries.map(|e| e.expect("an entry").path()).filter(|p| {
            p.extension().is_some_and(|e| e == "toml")
                && p.file_stem().is_some_and(|n| n != "expected")
        }));
    }
    found.sort();
    found
}

/// The folder of schemas has every format, as the program prints it, and nothing else.
#[test]
fn every_format_has_its_schema() {
    for (name, of) in symbias::schema::FORMATS {
        assert_eq!(schema(&format!("{name}.schema.json")), of(), "{name}");
    }
    let files = std::fs::read_dir(root().join("schemas")).expect("a folder");
    assert_eq!(files.count(), symbias::schema::FORMATS.len());
}

#[test]
fn answers_follow_the_schema() {
    let schema = schema("answer.schema.json");
    for model in [
        "shallow_relu",
        "gram",
        "batchnorm",
        "attention_bias",
        "transformer_1b",
        "gelu_mlp",
        "matrix_completion",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_symbias"))
            .args(["analyze", "--json"])
            .arg(root().join("models").join(model).with_extension("toml"))
            .output()
            .expect("the command runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        check(&schema, &schema, &answer, model).unwrap_or_else(|e| panic!("{e}"));
        // Read back it is the same, to the last bit; another version is refused by its number.
        let read = Answer::read(&text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(serde_json::to_value(&read).expect("JSON"), answer);
        let old = text.replacen("\"schema\": 2", "\"schema\": 1", 1);
        let message = Answer::read(&old).expect_err("another version").to_string();
        assert!(message.contains("schema 1"), "{message}");
        answer["symmetry"]["found"] = Value::Null;
        check(&schema, &schema, &answer, model).expect_err("an unknown field");
    }
}

#[test]
fn answers_of_design_follow_the_schema() {
    let schema = schema("design-answer.schema.json");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_symbias"))
            .args(["design", "--json"])
            .args(arguments)
            .output()
            .expect("the command runs");
        let mut answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        check(&schema, &schema, &answer, "answer").unwrap_or_else(|e| panic!("{e}"));
        answer["certificates"] = Value::Null;
        check(&schema, &schema, &answer, "answer").expect_err("an unknown field");
    };
    for (target, on, driver, size) in [
        ("abs(x)^0.5", "entries", "decay", "3"),
        ("abs(x)", "singular", "decay", "3,2"),
        ("abs(x)", "entries", "isotropic", "2"),
        ("x", "groups:2", "slice", "4"),
    ] {
        run(&[
            "--target", target, "--on", on, "--driver", driver, "--size", size,
        ]);
    }
}

#[test]
fn model_files_follow_the_schema() {
    let schema = schema("model.schema.json");
    for path in model_files() {
        let text = std::fs::read_to_string(&path).expect("a text");
        let table: toml::Table = toml::from_str(&text).expect("TOML");
        let mut value = serde_json::to_value(table).expect("JSON");
        let name = path.display().to_string();
        check(&schema, &schema, &value, &name).unwrap_or_else(|e| panic!("{e}"));
        value["parametres"] = Value::Null;
        check(&schema, &schema, &value, &name).expect_err("an unknown key");
    }
}
