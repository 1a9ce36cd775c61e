//! Colours, dashes and markers of series. Series can be told apart in grey: each colour is at least
//! [`LIGHTNESS_STEP`] lighter than the one before (CIE L*), and dashes and markers change too.

/// A colour, red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// As SVG writes it.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// CIE L*: 0 for black, 100 for white, equal steps look equal.
    pub fn lightness(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let y = 0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2);
        if y > 0.008856 {
            116.0 * y.cbrt() - 16.0
        } else {
            903.3 * y
        }
    }

    fn mixed(self, other: Colour, share: f64) -> Colour {
        let part =
            |a: u8, b: u8| (f64::from(a) + share * (f64::from(b) - f64::from(a))).round() as u8;
        Colour(
            part(self.0, other.0),
            part(self.1, other.1),
            part(self.2, other.2),
        )
    }
}

/// Text and axes.
pub const INK: Colour = Colour(0x1c, 0x1c, 0x1c);
/// What stands behind: guides, footnotes.
pub const PALE: Colour = Colour(0x8c, 0x8c, 0x8c);
/// Grid lines.
pub(crate) const GRID: Colour = Colour(0xe4, 0xe4, 0xe4);
/// The sheet.
pub const PAPER: Colour = Colour(0xff, 0xff, 0xff);

/// The colours of series, dark to light.
pub const SERIES: [Colour; 6] = [
    Colour(0x22, 0x1d, 0x63),
    Colour(0x86, 0x14, 0x3c),
    Colour(0x1b, 0x62, 0xab),
    Colour(0x17, 0x8a, 0x72),
    Colour(0xe0, 0x7f, 0x38),
    Colour(0xe3, 0xb2, 0x3c),
];

/// The least difference of L* between neighbours of [`SERIES`].
pub const LIGHTNESS_STEP: f64 = 10.0;

/// A colour for a share between 0 (dark) and 1 (light), lighter all the way: for the curves of an ordered family. The
/// darkest is light enough for a prediction in ink to be seen on it.
pub fn ramp(share: f64) -> Colour {
    between(
        share,
        &[
            Colour(0x5c, 0x50, 0xb4),
            Colour(0x3d, 0x7d, 0xc4),
            Colour(0x2f, 0xa0, 0x98),
            Colour(0x84, 0xba, 0x58),
            Colour(0xec, 0xc8, 0x46),
        ],
    )
}

/// The same for matrices, over more of the range of lightness.
pub(crate) fn shade(share: f64) -> Colour {
    between(
        share,
        &[
            Colour(0x1c, 0x18, 0x52),
            Colour(0x24, 0x4f, 0x96),
            Colour(0x1f, 0x88, 0x90),
            Colour(0x78, 0xbe, 0x70),
            Colour(0xf6, 0xe6, 0x8c),
        ],
    )
}

fn between(share: f64, stops: &[Colour]) -> Colour {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    };
    let place = share * (stops.len() - 1) as f64;
    let below = (place as usize).min(stops.len() - 2);
    stops[below].mixed(stops[below + 1], place - below as f64)
}

/// How a line is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
    /// A dash, a dot.
    DashDotted,
    /// Long dashes.
    Long,
}

impl Dash {
    const ALL: [Dash; 5] = [
        Dash::Solid,
        Dash::Dashed,
        Dash::Dotted,
        Dash::DashDotted,
        Dash::Long,
    ];

    /// Lengths on and off, in widths of the line.
    pub(crate) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid => &[],
            Dash::Dashed => &[4.0, 2.0],
            Dash::Dotted => &[1.2, 1.6],
            Dash::DashDotted => &[5.5, 1.8, 1.3, 1.8],
            Dash::Long => &[9.0, 2.4],
        }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// ●
    Circle,
    /// ■
    Square,
    /// ▲
    Triangle,
    /// ◆
    Diamond,
    /// ▼
    Down,
    /// ×
    Cross,
}

impl Marker {
    const ALL: [Marker; 5] = [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::Down,
    ];
}

/// Colour, dash and marker of series k: the first five differ in all three, the first 30 in at least one.
pub(crate) fn series(k: usize) -> (Colour, Dash, Marker) {
    (
        SERIES[k % SERIES.len()],
        Dash::ALL[k % Dash::ALL.len()],
        Marker::ALL[k % Marker::ALL.len()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_can_be_told_apart_in_grey() {
        assert!((PAPER.lightness() - 100.0).abs() < 0.1 && Colour(0, 0, 0).lightness() < 1e-9);
        for pair in SERIES.windows(2) {
            let step = pair[1].lightness() - pair[0].lightness();
            assert!(step >= LIGHTNESS_STEP, "{pair:?}: {step}");
        }
        // The lightest is still a line on white.
        assert!(SERIES[5].lightness() < 80.0);
    }

    #[test]
    fn the_ramps_become_lighter_all_the_way() {
        for (ramp, range) in [(ramp as fn(f64) -> Colour, 35.0), (shade, 75.0)] {
            let shares = (0..=100).map(|k| f64::from(k) / 100.0);
            let all: Vec<f64> = shares.map(|share| ramp(share).lightness()).collect();
            assert!(all.windows(2).all(|p| p[1] >= p[0]), "{all:?}");
            assert!(all[100] - all[0] > range, "{all:?}");
            assert_eq!(ramp(f64::NAN), ramp(-3.0));
        }
        assert!(ramp(0.0).lightness() - INK.lightness() > 20.0);
    }

    #[test]
    fn thirty_series_look_different() {
        let looks: Vec<_> = (0..30).map(series).collect();
        for (k, look) in looks.iter().enumerate() {
            assert!(!looks[..k].contains(look), "{k}");
        }
    }
}
