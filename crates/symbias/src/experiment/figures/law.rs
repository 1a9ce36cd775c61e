//! A panel of one law: histogram, prediction, and the wrong laws dashed.

use crate::experiment::record::Record;
use crate::experiment::spec::{AxisSpec, FigureSpec, PanelSpec, Spec};
use crate::experiment::verdict::law::LawVerdict;
use symbias_figure::{Dash, Layer, PALE};

/// A curve that rises beyond so many times the highest bin is cut off: a density that diverges would hide the others.
const HEADROOM: f64 = 1.6;
/// The height of a panel with a curve that is cut off, in highest bins.
const CUT: f64 = 1.3;
/// Room above the highest bin and above curves that are not cut off.
const ROOM: f64 = 1.06;
/// Width of a figure of a single law, in millimetres.
const SINGLE: f64 = 100.0;

/// The figures of an experiment: those that it writes, and for laws that none of them shows a panel each.
pub fn wanted(spec: &Spec) -> Vec<FigureSpec> {
    let mut all = spec.figures.clone();
    let panels = || spec.figures.iter().flat_map(|f| &f.panels);
    if panels().all(|p| p.law.is_none()) {
        all.extend(by_default(spec));
    }
    all
}

/// A panel for each law.
fn by_default(spec: &Spec) -> Option<FigureSpec> {
    let panels: Vec<PanelSpec> = spec
        .laws
        .iter()
        .map(|(name, law)| PanelSpec {
            title: match law.about.is_empty() {
                true => name.clone(),
                false => raised(&law.about),
            },
            law: Some(name.clone()),
            ..PanelSpec::default()
        })
        .collect();
    (!panels.is_empty()).then(|| FigureSpec {
        name: "laws".into(),
        title: spec.title.clone(),
        width: (panels.len() == 1).then_some(SINGLE),
        panels,
        ..FigureSpec::default()
    })
}

/// The panel of a law, without its layers: its axes are the observable and a density unless it says otherwise.
pub fn described(spec: &Spec, panel: &PanelSpec, law: &str) -> PanelSpec {
    let mut panel = panel.clone();
    let of = spec.laws.get(law).and_then(|l| l.of.all().first().copied());
    let label = |axis: &mut AxisSpec, text: &str| {
        if axis.label.is_empty() {
            axis.label = raised(text);
        }
    };
    label(&mut panel.x, of.unwrap_or_default());
    label(&mut panel.y, "density");
    panel
}

/// Greek letters as they are spelt where only ASCII is.
const GREEK: [(&str, char); 12] = [
    ("alpha", 'α'),
    ("beta", 'β'),
    ("eta", 'η'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("phi", 'φ'),
    ("rho", 'ρ'),
    ("sigma", 'σ'),
    ("tau", 'τ'),
    ("theta", 'θ'),
    ("xi", 'ξ'),
];

/// A text of one line with its powers raised, its indices lowered, and its Greek letters Greek: `|w|^-1/2` as |w|^{−1/2}, `w0` as w_0.
fn raised(text: &str) -> String {
    if text.contains('$') {
        return text.to_owned();
    }
    let all: Vec<char> = text.chars().collect();
    let number = |k: usize| all.get(k).is_some_and(char::is_ascii_digit);
    let letter = |k: usize| all.get(k).is_some_and(|c| c.is_alphanumeric());
    let mut out = String::new();
    let mut k = 0;
    while k < all.len() {
        let starts = k == 0 || !(letter(k - 1) || all[k - 1] == '_');
        let word: String = all[k..].iter().take_while(|c| c.is_alphabetic()).collect();
        let after = k + word.chars().count();
        if starts
            && !letter(after)
            && all.get(after) != Some(&'_')
            && let Some((_, greek)) = GREEK.iter().find(|(name, _)| *name == word)
        {
            out.push(*greek);
            k = after;
            continue;
        }
        // Digits that follow a single letter are its index.
        let digits: String = all[after..]
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .collect();
        let end = after + digits.len();
        if starts && after == k + 1 && !digits.is_empty() && !letter(end) {
            out += &format!("{word}$_{{{digits}}}$");
            k = end;
            continue;
        }
        let from = k + 1 + usize::from(all[k] == '^' && all.get(k + 1) == Some(&'-'));
        // An index follows a single letter; other words may have underscores.
        let lowers = all[k] == '_' && k > 0 && letter(k - 1) && (k < 2 || !letter(k - 2));
        if !((all[k] == '^' || lowers) && number(from)) {
            out.push(all[k]);
            k += 1;
            continue;
        }
        let mut end = from;
        while number(end) || (matches!(all.get(end), Some('/' | '.')) && number(end + 1)) {
            end += 1;
        }
        let inside: String = all[k + 1..end].iter().collect();
        out += &format!("${}{{{}}}$", all[k], inside.replace('-', "−"));
        k = end;
    }
    out
}

/// A curve cut off at a height, with a point where it crosses it.
fn cut(curve: &[(f64, f64)], top: f64) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(curve.len());
    for (k, point) in curve.iter().enumerate() {
        if let Some(before) = k.checked_sub(1).map(|k| curve[k])
            && (before.1 > top) != (point.1 > top)
        {
            let share = (top - before.1) / (point.1 - before.1);
            if share.is_finite() {
                out.push((before.0 + share * (point.0 - before.0), top));
            }
        }
        out.push((point.0, if point.1 <= top { point.1 } else { f64::NAN }));
    }
    out
}

/// The height of a panel: of the highest bin and of all curves that are not cut off.
fn height(bins: f64, curves: &[&[f64]]) -> f64 {
    let mut top = ROOM * bins;
    for curve in curves {
        let highest = curve.iter().copied().fold(0.0, f64::max);
        top = top.max(match highest > HEADROOM * bins {
            true => CUT * bins,
            false => ROOM * highest,
        });
    }
    top
}

/// The layers of a law, and the height that shows them.
pub fn layers(record: &Record, name: &str) -> Option<(Vec<Layer>, f64)> {
    let found: &LawVerdict = record.verdicts.laws.get(name)?;
    let picture = &found.picture;
    if picture.edges.is_empty() {
        return None;
    }
    let bins = picture.heights.iter().copied().fold(0.0, f64::max);
    let curves: Vec<&[f64]> = std::iter::once(&picture.predicted)
        .chain(picture.twins.values())
        .map(Vec::as_slice)
        .collect();
    let top = height(bins, &curves);
    let cut = |curve: &[f64]| {
        let points: Vec<(f64, f64)> = picture
            .x
            .iter()
            .copied()
            .zip(curve.iter().copied())
            .collect();
        cut(&points, top)
    };
    let measured = Layer::histogram(picture.edges.clone(), picture.heights.clone())
        .colour(PALE)
        .label(format!("measured, {} replicas", found.replicas));
    let mut layers = vec![measured];
    let dashes = [Dash::Dashed, Dash::Dotted, Dash::DashDotted];
    for (k, (twin, curve)) in picture.twins.iter().enumerate() {
        layers.push(
            Layer::line(cut(curve))
                .series(k + 1)
                .dash(dashes[k % dashes.len()])
                .label(raised(twin)),
        );
    }
    layers.push(
        Layer::line(cut(&picture.predicted))
            .series(0)
            .width(1.4)
            .dash(Dash::Solid)
            .label("predicted"),
    );
    Some((layers, top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mathematics_is_set_and_names_are_not() {
        for (text, set) in [
            ("|w|^-1/2 on w > 0", "|w|$^{−1/2}$ on w > 0"),
            ("K_0: rho^4.", "K$_{0}$: ρ$^{4}$."),
            ("w0/s^2 - 1/2 = 3.5", "w$_{0}$/s$^{2}$ - 1/2 = 3.5"),
            ("rate_05, x^y", "rate_05, x^y"),
            ("rhomb, rho_end, arm2, x2y", "rhomb, rho_end, arm2, x2y"),
            ("$|w|^{−1}$", "$|w|^{−1}$"),
        ] {
            assert_eq!(raised(text), set);
        }
    }

    #[test]
    fn a_density_that_diverges_is_cut_off_where_it_crosses_the_top() {
        let curve = [(0.0, f64::INFINITY), (1.0, 4.0), (2.0, 1.0), (3.0, 0.5)];
        let top = height(1.0, &[&curve.map(|p| p.1)]);
        assert_eq!(top, CUT);
        let drawn = cut(&curve, top);
        assert!(drawn.iter().all(|p| p.1.is_nan() || p.1 <= top));
        // From (1, 4) to (2, 1) the height 1.3 is at 1.9.
        assert!(
            drawn
                .iter()
                .any(|p| (p.0 - 1.9).abs() < 1e-12 && p.1 == top)
        );
        assert!((height(1.0, &[&[1.5]]) - 1.5 * ROOM).abs() < 1e-12);
        assert!((height(1.0, &[&[0.2]]) - ROOM).abs() < 1e-12);
    }
}
