//! Rows of keys and labels, in columns of equal width, and labels at the ends of curves.

use crate::key::{self, Look};
use crate::layer::Mark;
use crate::panel::Panel;
use crate::scene::{Anchor, Scene, Spot};
use crate::text::{Run, parse, width, wrapped};

/// Size of labels.
pub const SIZE: f64 = 7.5;
/// From line to line.
pub const LEADING: f64 = 9.6;
/// The most rows.
const ROWS: usize = 12;

/// A label and the layers that have it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub label: &'a str,
    pub parts: Vec<(&'a Mark, Look)>,
}

/// Adds the labels of a panel, all but those of the layers that `skip` names; bands and intervals come last.
pub fn collect<'a>(
    entries: &mut Vec<Entry<'a>>,
    panel: &'a Panel,
    looks: &[Look],
    skip: impl Fn(usize, &Mark) -> bool,
) {
    for (k, (layer, look)) in panel.layers.iter().zip(looks).enumerate() {
        let none = matches!(layer.mark, Mark::Heat(_) | Mark::Note { .. });
        if layer.label.is_empty() || none || skip(k, &layer.mark) {
            continue;
        }
        let part = (&layer.mark, *look);
        let kind = std::mem::discriminant(part.0);
        let same = |p: &(&Mark, Look)| std::mem::discriminant(p.0) == kind && p.1 == part.1;
        match entries.iter_mut().find(|entry| entry.label == layer.label) {
            Some(entry) if entry.parts.iter().any(same) => {}
            Some(entry) => entry.parts.push(part),
            None => entries.push(Entry {
                label: &layer.label,
                parts: vec![part],
            }),
        }
    }
    // What surrounds curves is explained after them.
    entries.sort_by_key(|entry| {
        let around = |part: &(&Mark, Look)| matches!(part.0, Mark::Band(_) | Mark::Whiskers(_));
        entry.parts.iter().all(around)
    });
}

/// A legend with every place decided.
#[derive(Clone, Debug, Default)]
pub struct Block<'a> {
    rows: Vec<(Spot, Option<Entry<'a>>, Vec<Vec<Run>>)>,
    /// Width of the keys.
    key: f64,
    pub width: f64,
    pub height: f64,
}

const GAP: f64 = 4.5;
const BETWEEN: f64 = 12.0;

/// Lays a legend out in at most this width and at most so many columns.
pub fn block<'a>(entries: &[Entry<'a>], limit: f64, most_columns: usize) -> Block<'a> {
    let marks = entries.iter().flat_map(|entry| &entry.parts);
    let key = marks.map(|part| key::width(part.0)).fold(0.0, f64::max);
    let room = (limit - key - GAP).max(30.0);
    let lines = |entry: &Entry<'a>| wrapped(entry.label, room / SIZE);
    let texts: Vec<Row> = entries
        .iter()
        .map(|entry| (Some(entry.clone()), lines(entry)))
        .collect();
    let mut made = columns(&texts, key, limit, most_columns);
    // A legend of more rows than these says nothing: what does not fit is counted.
    let most = made.columns * ROWS;
    if entries.len() > most {
        let more = format!("and {} more", entries.len() - most + 1);
        let mut texts = texts[..most - 1].to_vec();
        texts.push((None, vec![parse(&more, false)]));
        made = columns(&texts, key, limit, made.columns);
    }
    made.block
}

type Row<'a> = (Option<Entry<'a>>, Vec<Vec<Run>>);

struct Columns<'a> {
    block: Block<'a>,
    columns: usize,
}

/// As few rows as the widths allow: columns are filled from the top, each as wide as it needs.
fn columns<'a>(texts: &[Row<'a>], key: f64, limit: f64, most: usize) -> Columns<'a> {
    let widest = |texts: &[Row]| {
        let all = texts.iter().flat_map(|(_, lines)| lines);
        all.map(|line| width(line) * SIZE).fold(0.0, f64::max) + key + GAP
    };
    let mut block = Block {
        key,
        ..Block::default()
    };
    if texts.is_empty() {
        return Columns { block, columns: 1 };
    }
    let fitting = (2..=most.min(texts.len())).rev().find_map(|columns| {
        let rows = texts.len().div_ceil(columns);
        let widths: f64 = texts
            .chunks(rows)
            .map(|column| widest(column) + BETWEEN)
            .sum();
        (widths - BETWEEN <= limit).then_some(rows)
    });
    let rows = fitting.unwrap_or(texts.len());
    let mut left = 0.0;
    for column in texts.chunks(rows) {
        let mut top = 0.0;
        for (entry, lines) in column {
            block.rows.push(((left, top), entry.clone(), lines.clone()));
            top += LEADING * lines.len() as f64 + 0.6;
        }
        block.height = block.height.max(top);
        block.width = left + widest(column);
        left = block.width + BETWEEN;
    }
    Columns {
        block,
        columns: texts.len().div_ceil(rows),
    }
}

impl Block<'_> {
    /// Draws it from its upper left corner.
    pub fn draw(&self, scene: &mut Scene, (left, top): Spot) {
        if self.rows.is_empty() {
            return;
        }
        scene.group("legend", |scene| {
            for ((x, y), entry, lines) in &self.rows {
                let (x, middle) = (left + x, top + y + LEADING / 2.0);
                if let Some(entry) = entry {
                    key::draw(scene, &entry.parts, (x, x + self.key), middle);
                }
                for (k, line) in lines.iter().enumerate() {
                    let baseline = middle + 0.34 * SIZE + LEADING * k as f64;
                    scene.text(
                        (x + self.key + GAP, baseline),
                        Anchor::Start,
                        SIZE,
                        line.clone(),
                    );
                }
            }
        });
    }
}

/// Moves places apart to at least `step`, as little as possible in the sum of squares, and into the interval.
/// The places come back in the order given.
pub fn apart(wanted: &[f64], step: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Blocks of touching labels: mean of (wanted − its own offset), and how many.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for k in &order {
        let mut block = (wanted[*k], 1);
        while let Some(above) = blocks.last() {
            let (start, count) = *above;
            if start + step * count as f64 <= block.0 {
                break;
            }
            let (n, m) = (count as f64, block.1 as f64);
            block = (
                (start * n + (block.0 - step * n) * m) / (n + m),
                count + block.1,
            );
            blocks.pop();
        }
        blocks.push(block);
    }
    let mut sorted: Vec<f64> = blocks
        .iter()
        .flat_map(|(start, count)| (0..*count).map(move |k| start + step * k as f64))
        .collect();
    let mut floor = low;
    for place in &mut sorted {
        *place = place.max(floor);
        floor = *place + step;
    }
    let mut ceiling = high;
    for place in sorted.iter_mut().rev() {
        *place = place.min(ceiling);
        ceiling = *place - step;
    }
    let mut places = vec![0.0; wanted.len()];
    for (k, place) in order.into_iter().zip(sorted) {
        places[k] = place;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_moved_apart_as_little_as_needed() {
        assert_eq!(apart(&[5.0, 30.0], 10.0, 0.0, 100.0), [5.0, 30.0]);
        assert_eq!(apart(&[50.0, 50.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
        assert_eq!(
            apart(&[99.0, 98.0, 97.0], 10.0, 0.0, 100.0),
            [100.0, 90.0, 80.0]
        );
        assert_eq!(apart(&[1.0, 2.0], 10.0, 0.0, 100.0), [0.0, 10.0]);
        assert!(apart(&[], 10.0, 0.0, 1.0).is_empty());
    }
}
