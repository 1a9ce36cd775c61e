//! Other spellings of one function: parameters mixed, fused, split, flattened, declared in another order. Each takes the file
//! and a point and gives both, or nothing where it does not apply.

use super::rewrite::{File, Point};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// A parameter that can be written otherwise: of the file, not of a block, declared as a plain list of axes.
#[derive(Clone, Debug, PartialEq)]
struct Tensor {
    name: String,
    axes: Vec<String>,
    sizes: Vec<u64>,
    complex: bool,
}

/// A file and the same point in its parameters.
pub type Written = (File, Point);

/// A transformation: its name, the same model spelled so where it can be, and whether it moves entries only.
pub type Spelling = (&'static str, fn(&Written) -> Option<Written>, bool);

/// The transformations by name, and whether they move entries only (then numbers at the point stay).
pub const SPELLINGS: [Spelling; 7] = [
    ("mixed", mixed, false),
    ("fused", fused, true),
    ("split", split, true),
    ("flattened", flattened, true),
    ("in another order", in_another_order, true),
    ("renamed", renamed, true),
    ("with axes reversed", with_axes_reversed, true),
];

fn tensors(file: &File) -> Vec<Tensor> {
    let declared = file.table("parameters");
    let sizes = file.sizes();
    let blocks = file.blocks().to_string();
    declared
        .iter()
        .filter_map(|(name, value)| {
            let complex = value.get("field").and_then(Value::as_str) == Some("complex");
            let axes = value.as_array().or_else(|| value.get("axes")?.as_array())?;
            let axes: Vec<String> = axes
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect();
            // A block may have a parameter of the same name.
            let shadowed = blocks.contains(name.as_str());
            (!shadowed && !axes.is_empty()).then(|| Tensor {
                name: name.clone(),
                sizes: sizes[name].clone(),
                axes,
                complex,
            })
        })
        .collect()
}

/// The first two of one shape.
fn pair(file: &File) -> Option<(Tensor, Tensor)> {
    let all = tensors(file);
    all.iter().enumerate().find_map(|(k, a)| {
        let same = |b: &&Tensor| a.sizes == b.sizes && a.complex == b.complex;
        Some((a.clone(), all[k + 1..].iter().find(same)?.clone()))
    })
}

/// An index of the axis `from` as one of the axis `to`: the same letter cannot be on two axes, an expression can.
fn moved(index: &str, from: &str, to: &str) -> String {
    let letter = index
        .trim()
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_');
    match letter && from != to && index.trim().parse::<u64>().is_err() {
        true => format!("{}+0", index.trim()),
        false => index.to_owned(),
    }
}

/// `part` read by the indices of `whole`.
fn read(part: &Tensor, whole: &Tensor, indices: &[String]) -> Vec<String> {
    indices
        .iter()
        .zip(whole.axes.iter().zip(&part.axes))
        .map(|(index, (from, to))| moved(index, from, to))
        .collect()
}

fn declare(file: &mut File, name: &str, axes: &[String], complex: bool) {
    let axes = Value::Array(axes.iter().map(|a| Value::String(a.clone())).collect());
    let value = match complex {
        false => axes,
        true => Value::Table(Table::from_iter([
            ("axes".to_owned(), axes),
            ("field".to_owned(), "complex".into()),
        ])),
    };
    file.entry("parameters").insert(name.to_owned(), value);
}

/// Two parameters of one shape turned into each other by a fixed angle.
pub fn mixed((file, point): &Written) -> Option<Written> {
    let (a, b) = pair(file)?;
    let mut file = file.clone();
    file.rewrite(&|name, indices| {
        let turned = |whole: &Tensor, left: f64, right: f64| {
            let (i, j) = (
                read(&a, whole, indices).join(","),
                read(&b, whole, indices).join(","),
            );
            format!("({left}*{}[{i}] {right:+}*{}[{j}])", a.name, b.name)
        };
        match name {
            _ if name == a.name => Some(turned(&a, 0.8, 0.6)),
            _ if name == b.name => Some(turned(&b, -0.6, 0.8)),
            _ => None,
        }
    })?;
    let mut point = point.clone();
    let (u, v) = (point[&a.name].clone(), point[&b.name].clone());
    let turn = |c: f64, s: f64| u.iter().zip(&v).map(|(u, v)| c * u + s * v).collect();
    point.insert(a.name, turn(0.8, -0.6));
    point.insert(b.name, turn(0.6, 0.8));
    Some((file, point))
}

/// Two parameters of one shape as one with a leading axis.
pub fn fused((file, point): &Written) -> Option<Written> {
    let (a, b) = pair(file)?;
    let mut file = file.clone();
    let name = format!("{}_and_{}", a.name, b.name);
    file.rewrite(&|read_name, indices| match read_name {
        _ if read_name == a.name => Some(format!("{name}[0,{}]", indices.join(","))),
        _ if read_name == b.name => Some(format!("{name}[1,{}]", read(&a, &b, indices).join(","))),
        _ => None,
    })?;
    file.entry("axes")
        .insert("fused_pair".into(), Value::Integer(2));
    file.entry("parameters").remove(&a.name);
    file.entry("parameters").remove(&b.name);
    let axes: Vec<String> = std::iter::once("fused_pair".to_owned())
        .chain(a.axes.clone())
        .collect();
    declare(&mut file, &name, &axes, a.complex);
    let mut point = point.clone();
    let mut values = point.remove(&a.name)?;
    values.extend(point.remove(&b.name)?);
    point.insert(name, values);
    Some((file, point))
}

/// A parameter as one tensor for each value of its first axis.
pub fn split((file, point): &Written) -> Option<Written> {
    let tensor = tensors(file)
        .into_iter()
        .find(|t| (2..=4).contains(&t.sizes[0]))?;
    let count = tensor.sizes[0] as usize;
    let part = |k: usize| format!("{}_{k}", tensor.name);
    let mut file = file.clone();
    file.rewrite(&|name, indices| {
        if name != tensor.name {
            return None;
        }
        let rest = indices[1..].join(",");
        let one = |k: usize| match rest.is_empty() {
            true => part(k),
            false => format!("{}[{rest}]", part(k)),
        };
        let first = indices[0].trim();
        if let Ok(k) = first.parse::<usize>() {
            return Some(one(k));
        }
        let letter = first.chars().all(|c| c.is_alphanumeric() || c == '_');
        // What is no letter is refused by the checker as a condition.
        let position = if letter {
            format!("pos({first})")
        } else {
            "?".into()
        };
        let last = one(count - 1);
        let choice = (0..count - 1).rev().fold(last, |rest, k| {
            format!("where({position} == {k}, {}, {rest})", one(k))
        });
        Some(choice)
    })?;
    if file.mentions("?") {
        return None;
    }
    file.entry("parameters").remove(&tensor.name);
    let mut point = point.clone();
    let values = point.remove(&tensor.name)?;
    let size = values.len() / count;
    for (k, values) in values.chunks(size).enumerate() {
        declare(&mut file, &part(k), &tensor.axes[1..], tensor.complex);
        point.insert(part(k), values.to_vec());
    }
    Some((file, point))
}

/// The first two axes of a parameter as one: mixed radix.
pub fn flattened((file, point): &Written) -> Option<Written> {
    let tensor = tensors(file).into_iter().find(|t| t.axes.len() >= 2)?;
    let mut file = file.clone();
    file.rewrite(&|name, indices| {
        let flat = || format!("{}*({})+({})", tensor.sizes[1], indices[0], indices[1]);
        let all = || {
            std::iter::once(flat())
                .chain(indices[2..].iter().cloned())
                .collect::<Vec<_>>()
        };
        (name == tensor.name).then(|| format!("{name}[{}]", all().join(",")))
    })?;
    let size = (tensor.sizes[0] * tensor.sizes[1]) as i64;
    file.entry("axes")
        .insert("flat_axis".into(), Value::Integer(size));
    let axes: Vec<String> = std::iter::once("flat_axis".to_owned())
        .chain(tensor.axes[2..].iter().cloned())
        .collect();
    declare(&mut file, &tensor.name, &axes, tensor.complex);
    Some((file, point.clone()))
}

/// Parameters, axes and statements declared the other way round.
pub fn in_another_order((file, point): &Written) -> Option<Written> {
    let mut file = file.clone();
    for key in ["parameters", "inputs", "constants"] {
        if file.0.contains_key(key) {
            let table = file.entry(key);
            *table = table.clone().into_iter().rev().collect();
        }
    }
    file.reverse_statements();
    Some((file, point.clone()))
}

/// Everything under other names, whose alphabetical order is another.
pub fn renamed((file, point): &Written) -> Option<Written> {
    let new = |name: &str| {
        format!(
            "q{}",
            name.chars().rev().collect::<String>().replace('\'', "p")
        )
    };
    let file = file.renamed(&new);
    let known: BTreeMap<String, Vec<u64>> = file.sizes();
    let point = point
        .iter()
        .map(|(name, values)| {
            // Of `layer.0.W`, block and parameter have new names.
            let parts: Vec<String> = name
                .split('.')
                .map(|p| {
                    if p.parse::<u64>().is_ok() {
                        p.to_owned()
                    } else {
                        new(p)
                    }
                })
                .collect();
            (parts.join("."), values.clone())
        })
        .collect::<Point>();
    point
        .keys()
        .all(|name| known.contains_key(name))
        .then_some((file, point))
}

/// Every parameter transposed.
pub fn with_axes_reversed((file, point): &Written) -> Option<Written> {
    let complex = file.complex_parameters();
    let sizes = file.sizes();
    let values = point.iter().map(|(name, values)| {
        let mut sizes: Vec<usize> = sizes[name].iter().map(|n| *n as usize).collect();
        let width = if complex.contains(name) { 2 } else { 1 };
        sizes.push(width);
        (name.clone(), transposed(values, &sizes))
    });
    Some((file.reordered(), values.collect()))
}

/// The axes but the last in the opposite order.
fn transposed(values: &[f64], sizes: &[usize]) -> Vec<f64> {
    let width = sizes[sizes.len() - 1];
    let outer = &sizes[..sizes.len() - 1];
    let mut found = vec![0.0; values.len()];
    for (flat, chunk) in values.chunks(width).enumerate() {
        let (mut rest, mut target, mut stride) = (flat, 0, values.len() / width);
        for size in outer.iter().rev() {
            stride /= size;
            target += (rest % size) * stride;
            rest /= size;
        }
        found[target * width..(target + 1) * width].copy_from_slice(chunk);
    }
    found
}

/// So many more parameters, each a coefficient of an output of its own.
pub fn with_bystanders(file: &File, point: &Point, count: u64) -> Option<Written> {
    if file.0.contains_key("batch") {
        return None;
    }
    let (mut file, mut point) = (file.clone(), point.clone());
    file.entry("axes")
        .insert("bystanding".into(), Value::Integer(count as i64));
    file.entry("inputs")
        .insert("beside_all".into(), Value::Array(vec![]));
    declare(&mut file, "bystander", &["bystanding".to_owned()], false);
    file.append(
        "bystanders[bystanding] = bystander[bystanding] * beside_all",
        "bystanders",
    );
    let values = (0..count).map(|k| 0.3 + 0.1 * k as f64).collect();
    point.insert("bystander".into(), values);
    Some((file, point))
}

#[test]
fn programs_are_rewritten_as_meant() {
    let file = File::parse(
        "outputs = [\"y\"]\nprogram = \"y = P[o,i]*Q[i+1,o]\"\naxes = { o = 2, i = 3 }\nparameters = { P = [\"o\",\"i\"] }",
    );
    let mut other = file.clone();
    other
        .rewrite(&|name, indices| (name == "P").then(|| format!("T[0,{}]", indices.join(","))))
        .expect("read with indices");
    assert_eq!(other.0["program"].as_str(), Some("y = T[0,o,i]*Q[i+1,o]"));
    assert_eq!(
        super::accesses::split_accesses("row[n+1],k"),
        ["row[n+1]", "k"]
    );
    assert_eq!(
        transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3, 1]),
        [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]
    );
    // A parameter that is mentioned without its indices cannot be rewritten.
    let mut bare = File::parse(
        "outputs = [\"y\"]\nprogram = \"y[o] = layer(P)\"\naxes = { o = 2 }\nparameters = { P = [\"o\"] }",
    );
    assert!(
        bare.rewrite(&|name, _| (name == "P").then(String::new))
            .is_none()
    );
}
