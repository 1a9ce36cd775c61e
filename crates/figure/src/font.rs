//! The fonts of `fonts/`, built in, so that labels look the same on every machine: advances for the layout
//! and outlines for both formats.

use std::sync::LazyLock;
use ttf_parser::{Face as Parsed, GlyphId, OutlineBuilder};

/// The styles of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// Upright.
    Regular,
    /// Titles.
    Bold,
    /// Variables.
    Italic,
}

const FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/regular.ttf"),
    include_bytes!("../fonts/bold.ttf"),
    include_bytes!("../fonts/italic.ttf"),
    include_bytes!("../fonts/math.ttf"),
];

static FONTS: LazyLock<Vec<Parsed<'static>>> = LazyLock::new(|| {
    FILES
        .iter()
        .flat_map(|file| Parsed::parse(file, 0))
        .collect()
});

/// The font and the glyph for a character; a character that no font has is an empty box.
fn glyph(face: Face, c: char) -> Option<(&'static Parsed<'static>, GlyphId)> {
    let own = FONTS.get(face as usize)?;
    let math = FONTS.last()?;
    [own, math]
        .into_iter()
        .find_map(|font| font.glyph_index(c).map(|id| (font, id)))
        .or(Some((own, GlyphId(0))))
}

/// How far a character moves the pen, in sizes of the text.
pub fn advance(face: Face, c: char) -> f64 {
    glyph(face, c).map_or(0.5, |(font, id)| {
        f64::from(font.glyph_hor_advance(id).unwrap_or(0)) / f64::from(font.units_per_em())
    })
}

/// Draws a character whose size is 1 and whose origin is 0, y upwards.
pub fn outline(face: Face, c: char, pen: &mut dyn Pen) {
    if let Some((font, id)) = glyph(face, c) {
        let scale = 1.0 / f32::from(font.units_per_em());
        font.outline_glyph(id, &mut Scaled { pen, scale });
    }
}

/// What outlines are drawn with.
pub trait Pen {
    /// Begins a contour.
    fn start(&mut self, x: f32, y: f32);
    /// A straight part.
    fn line(&mut self, x: f32, y: f32);
    /// A quadratic part over a control point.
    fn bend(&mut self, over: (f32, f32), x: f32, y: f32);
    /// Ends a contour.
    fn close(&mut self);
}

struct Scaled<'a> {
    pen: &'a mut dyn Pen,
    scale: f32,
}

impl OutlineBuilder for Scaled<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen.start(x * self.scale, y * self.scale);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.pen.line(x * self.scale, y * self.scale);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let s = self.scale;
        self.pen.bend((x1 * s, y1 * s), x * s, y * s);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        // The fonts are TrueType: quadratic throughout. The midpoint keeps any other one closed.
        let s = self.scale;
        self.pen
            .bend(((x1 + x2) / 2.0 * s, (y1 + y2) / 2.0 * s), x * s, y * s);
    }
    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_what_formulas_need() {
        assert_eq!(FONTS.len(), 4);
        for c in "Az09 éαΩ−×·‖|√∞∇∂∑≈≤≥⟨⟩⊙⊥ℓℝ→±′″½".chars()
        {
            let (font, id) = glyph(Face::Regular, c).unwrap();
            assert_ne!(id, GlyphId(0), "{c}");
            assert!(font.glyph_hor_advance(id).is_some(), "{c}");
        }
        // Arial and Helvetica: an m is 0.833 wide, a digit 0.556.
        assert!((advance(Face::Regular, 'm') - 0.833).abs() < 1e-3);
        assert!((advance(Face::Bold, '0') - 0.556).abs() < 1e-3);
    }
}
