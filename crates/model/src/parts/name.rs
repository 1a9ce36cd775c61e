//! Names of parts: the text of the read, with `:` for axes that distinguish nothing.

use super::draft::{Part, PartAxis};
use crate::expression::{Model, TensorId};
use std::collections::HashMap;

/// For each part what follows the name of the tensor: `[4+a,:]`, `[0]`; nothing for the only one.
pub(super) fn suffixes(
    model: &Model,
    tensor: TensorId,
    parts: &[Part],
    unread: bool,
) -> Vec<String> {
    let shape = model.shape(tensor);
    let tells = |axis: usize| {
        let set = |p: &Part| p.group.sets[axis].joined();
        let first = set(&parts[0]);
        parts.iter().any(|p| set(p) != first) || unread && !first.is_whole(shape[axis] as i64)
    };
    let tells: Vec<bool> = (0..shape.len()).map(tells).collect();
    if !tells.contains(&true) {
        return vec![String::new(); parts.len()];
    }
    let mut count: HashMap<String, usize> = HashMap::new();
    parts
        .iter()
        .map(|part| {
            let texts: Vec<String> = (0..shape.len())
                .map(|axis| match tells[axis] {
                    true => text(model, part, axis),
                    false => ":".to_owned(),
                })
                .collect();
            let suffix = format!("[{}]", texts.join(","));
            // Two boxes of one text: letters of different sizes, of one name.
            let known = count.entry(suffix.clone()).or_default();
            *known += 1;
            match *known {
                1 => suffix,
                n => format!("{suffix}#{n}"),
            }
        })
        .collect()
}

/// `12+3*h+a`; a range `4:9` or `4:9:2` where no letter reads it.
fn text(model: &Model, part: &Part, axis: usize) -> String {
    let digits: Vec<&PartAxis> = part
        .axes
        .iter()
        .filter(|a| a.of == axis && a.step != 0)
        .collect();
    let base = part.base[axis];
    if let [only] = digits[..]
        && !only.lettered
    {
        return range(base, only.step, only.count);
    }
    let mut text = String::new();
    if base != 0 || digits.is_empty() {
        text = base.to_string();
    }
    for digit in digits {
        let name = match digit.lettered {
            true => model.axes[digit.axis.index()].name.clone(),
            false => format!("({})", range(0, 1, digit.count)),
        };
        let sign = match (digit.step < 0, text.is_empty()) {
            (true, _) => "-",
            (false, true) => "",
            (false, false) => "+",
        };
        text.push_str(sign);
        match digit.step.abs() {
            1 => text.push_str(&name),
            n => text.push_str(&format!("{n}*{name}")),
        }
    }
    text
}

fn range(base: i64, step: i64, count: u64) -> String {
    let end = base + step * (count as i64 - 1) + 1;
    match step {
        1 => format!("{base}:{end}"),
        _ => format!("{base}:{end}:{step}"),
    }
}
