//! Where panels stand: margins from their texts, plots of equal width, the edges of a row and of a column in line.

use crate::cell::{Cell, LEAST, Measured};
use crate::clip::Frame;
use crate::figure::Figure;
use crate::legend;
use crate::scene::Scene;
use crate::text::plain;

/// Between panels.
const GAP: f64 = 14.0;
const ROW_GAP: f64 = 10.0;
/// Around the sheet.
const EDGE: f64 = 3.0;

/// The figure as paths and texts.
pub fn scene(figure: &Figure) -> Scene {
    let mut cells = cells(figure);
    let columns = figure.columns.clamp(1, cells.len().max(1));
    let full = figure.width.points();
    let (plot, measured, sides) = widths(&mut cells, columns, full);
    let mut scene = Scene {
        title: plain(&figure.title),
        width: full,
        ..Scene::default()
    };
    let mut top = EDGE;
    for (row, panels) in measured.chunks(columns).enumerate() {
        let most = |part: fn(&Measured) -> f64| panels.iter().map(part).fold(0.0, f64::max);
        let above = most(|m| m.margin.top);
        let mut left = EDGE;
        for (k, m) in panels.iter().enumerate() {
            let frame = Frame {
                left: left + sides[k].0,
                top: top + above,
                width: plot,
                height: m.height,
            };
            let cell = &cells[row * columns + k];
            scene.group("panel", |scene| cell.draw(scene, m, frame, sides[k].0));
            left += sides[k].0 + plot + sides[k].1 + GAP;
        }
        scene.width = scene.width.max(left - GAP + EDGE);
        top += above + most(|m| m.height + m.margin.bottom) + ROW_GAP;
    }
    top += if cells.is_empty() { 20.0 } else { -ROW_GAP };
    let mut shared = Vec::new();
    for (cell, m) in cells.iter().zip(&measured) {
        cell.share(m, &mut shared);
    }
    if !shared.is_empty() {
        let left = EDGE + sides[0].0;
        let block = legend::block(&shared, full - left - EDGE, 6);
        block.draw(&mut scene, (left, top + 4.0));
        top += 4.0 + block.height;
    }
    scene.height = top + EDGE;
    scene
}

fn cells(figure: &Figure) -> Vec<Cell<'_>> {
    let several = figure.panels.len() > 1;
    let name = |k: usize| {
        if several {
            format!("({})", letter(k))
        } else {
            String::new()
        }
    };
    figure
        .panels
        .iter()
        .enumerate()
        .map(|(k, panel)| Cell::new(panel, &name(k)))
        .collect()
}

/// a, b, … z, aa, ab, …
fn letter(k: usize) -> String {
    let last = char::from(b'a' + (k % 26) as u8);
    if k < 26 {
        last.to_string()
    } else {
        format!("{}{last}", letter(k / 26 - 1))
    }
}

/// The width of plots, the panels measured for it, and the margins of columns, left and right. Margins depend on the
/// texts of ticks, these on the size of the plot: after a few rounds nothing changes.
fn widths<'a>(
    cells: &mut [Cell<'a>],
    columns: usize,
    full: f64,
) -> (f64, Vec<Measured<'a>>, Vec<(f64, f64)>) {
    let mut plot = (full / columns as f64 - 45.0).max(LEAST);
    for round in 0.. {
        let measured: Vec<Measured> = cells.iter_mut().map(|cell| cell.measure(plot)).collect();
        let mut sides = vec![(0.0_f64, 0.0_f64); columns];
        for (k, m) in measured.iter().enumerate() {
            let side = &mut sides[k % columns];
            *side = (side.0.max(m.margin.left), side.1.max(m.margin.right));
        }
        let margins: f64 = sides.iter().map(|side| side.0 + side.1).sum();
        let room = full - 2.0 * EDGE - margins - GAP * (columns - 1) as f64;
        let next = (room / columns as f64).max(LEAST);
        if (next - plot).abs() < 0.01 || round == 6 {
            return (plot, measured, sides);
        }
        plot = next;
    }
    unreachable!("the seventh round returns")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_have_letters() {
        assert_eq!(
            [0, 25, 26, 27, 52, 701, 702].map(letter),
            ["a", "z", "aa", "ab", "ba", "zz", "aaa"]
        );
    }
}
