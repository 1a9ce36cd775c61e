//! A scene as PNG, by tiny-skia, with the outlines of our own fonts: labels do not depend on the machine.

use crate::font::{Pen, advance, outline};
use crate::palette::{Colour, PAPER};
use crate::scene::{Anchor, Item, Path, Scene, Stroke, Text};
use crate::svg::EDGE;
use crate::text::width;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke as SkiaStroke,
    StrokeDash, Transform,
};

/// A picture that would have more pixels than we are ready to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TooLarge {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
}

/// The most pixels of a picture.
const LIMIT: f64 = 2e8;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "a picture of {:.0} by {:.0} pixels; at most {LIMIT:e} are drawn: ask for fewer dots per inch, or split the figure",
            self.width, self.height
        )
    }
}

impl std::error::Error for TooLarge {}

/// Width and height in pixels.
pub fn size(scene: &Scene, dpi: f64) -> Result<(u32, u32), TooLarge> {
    let scale = dpi / 72.0;
    let (w, h) = (
        (scene.width * scale).round(),
        (scene.height * scale).round(),
    );
    match w >= 1.0 && h >= 1.0 && w * h <= LIMIT {
        true => Ok((w as u32, h as u32)),
        false => Err(TooLarge {
            width: w,
            height: h,
        }),
    }
}

pub fn write(scene: &Scene, dpi: f64) -> Result<Vec<u8>, TooLarge> {
    let (w, h) = size(scene, dpi)?;
    let too_large = TooLarge {
        width: f64::from(w),
        height: f64::from(h),
    };
    let mut canvas = Canvas {
        pixels: Pixmap::new(w, h).ok_or(too_large)?,
        view: Transform::from_scale((dpi / 72.0) as f32, (dpi / 72.0) as f32),
    };
    canvas.pixels.fill(colour(PAPER, 1.0));
    for item in &scene.items {
        canvas.item(item);
    }
    Ok(encoded(&canvas.pixels, dpi))
}

/// PNG with its resolution, so that it has its size in print. The sheet is opaque: three channels.
fn encoded(pixels: &Pixmap, dpi: f64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let per_metre = (dpi / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    let rgb: Vec<u8> = pixels
        .data()
        .chunks_exact(4)
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect();
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&rgb))
        .expect("writing to memory does not fail, and the data have the size of the header");
    bytes
}

fn colour(c: Colour, opacity: f64) -> Color {
    let alpha = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color::from_rgba8(c.0, c.1, c.2, alpha)
}

fn paint(c: Colour, opacity: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(colour(c, opacity));
    paint.anti_alias = true;
    paint
}

struct Canvas {
    pixels: Pixmap,
    view: Transform,
}

impl Canvas {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Open(_) | Item::Close => {}
            Item::Path(path) => {
                if let Some(shape) = shape(path) {
                    self.draw(&shape, path.fill, path.stroke);
                }
            }
            Item::Circle {
                at,
                radius,
                fill,
                stroke,
            } => {
                if let Some(shape) =
                    PathBuilder::from_circle(at.0 as f32, at.1 as f32, *radius as f32)
                {
                    self.draw(&shape, fill.map(|c| (c, 1.0)), *stroke);
                }
            }
            Item::Text(text) => self.text(text),
        }
    }

    fn draw(
        &mut self,
        shape: &tiny_skia::Path,
        fill: Option<(Colour, f64)>,
        stroke: Option<Stroke>,
    ) {
        if let Some((c, opacity)) = fill {
            self.pixels.fill_path(
                shape,
                &paint(c, opacity),
                FillRule::Winding,
                self.view,
                None,
            );
        }
        if let Some(stroke) = stroke {
            let dashes = stroke
                .dash
                .pattern()
                .iter()
                .map(|d| (d * stroke.width) as f32)
                .collect();
            let style = SkiaStroke {
                width: stroke.drawn() as f32,
                line_join: LineJoin::Round,
                line_cap: LineCap::Butt,
                dash: StrokeDash::new(dashes, 0.0),
                ..SkiaStroke::default()
            };
            self.pixels
                .stroke_path(shape, &paint(stroke.colour, 1.0), &style, self.view, None);
        }
    }

    fn text(&mut self, text: &Text) {
        let Some(shape) = letters(text) else {
            return;
        };
        if text.edged {
            let edge = SkiaStroke {
                width: (EDGE * text.size) as f32,
                line_join: LineJoin::Round,
                ..SkiaStroke::default()
            };
            self.pixels
                .stroke_path(&shape, &paint(PAPER, 1.0), &edge, self.view, None);
        }
        self.pixels.fill_path(
            &shape,
            &paint(text.colour, 1.0),
            FillRule::Winding,
            self.view,
            None,
        );
    }
}

fn shape(path: &Path) -> Option<tiny_skia::Path> {
    let mut builder = PathBuilder::new();
    for line in &path.lines {
        for (k, spot) in line.iter().enumerate() {
            let (x, y) = (spot.0 as f32, spot.1 as f32);
            if k == 0 {
                builder.move_to(x, y);
            } else {
                builder.line_to(x, y);
            }
        }
        if path.closed {
            builder.close();
        }
    }
    builder.finish()
}

/// All letters of a text as one path.
fn letters(text: &Text) -> Option<tiny_skia::Path> {
    let total = width(&text.runs) * text.size;
    let mut along = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -total / 2.0,
        Anchor::End => -total,
    };
    let mut letters = Letters {
        builder: PathBuilder::new(),
        size: 0.0,
        offset: (0.0, 0.0),
        at: (text.at.0 as f32, text.at.1 as f32),
        upwards: text.upwards,
    };
    for run in &text.runs {
        let size = text.size * run.scale();
        for c in run.text.chars() {
            letters.size = size as f32;
            letters.offset = (along as f32, (run.rise() * text.size) as f32);
            outline(run.face, c, &mut letters);
            along += advance(run.face, c) * size;
        }
    }
    letters.builder.finish()
}

struct Letters {
    builder: PathBuilder,
    size: f32,
    offset: (f32, f32),
    at: (f32, f32),
    upwards: bool,
}

impl Letters {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (self.offset.0 + x * self.size, self.offset.1 + y * self.size);
        if self.upwards {
            (self.at.0 - y, self.at.1 - x)
        } else {
            (self.at.0 + x, self.at.1 - y)
        }
    }
}

impl Pen for Letters {
    fn start(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.move_to(x, y);
    }
    fn line(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.builder.line_to(x, y);
    }
    fn bend(&mut self, over: (f32, f32), x: f32, y: f32) {
        let (a, b) = self.place(over.0, over.1);
        let (x, y) = self.place(x, y);
        self.builder.quad_to(a, b, x, y);
    }
    fn close(&mut self) {
        self.builder.close();
    }
}
