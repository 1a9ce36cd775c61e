//! The chapters of the book that hold passages, and the works that they cite.

/// A chapter.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// Its file, as a reader of the repository names it.
    pub file: &'static str,
    /// Its Markdown.
    pub text: &'static str,
}

impl Chapter {
    /// Its first heading.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix("# "))
            .unwrap_or("")
    }
}

macro_rules! chapters {
    ($($name:literal),* $(,)?) => {
        &[$(Chapter {
            file: concat!("docs/", $name),
            text: include_str!(concat!("../../../../docs/", $name)),
        }),*]
    };
}

/// The chapters, in the order of the book.
pub const CHAPTERS: &[Chapter] = chapters![
    "symmetries.md",
    "charges.md",
    "gauges.md",
    "drivers.md",
    "laws.md",
    "catalogue.md",
    "design.md",
    "attribution.md",
];

/// The chapter whose sections are cited by number.
pub(super) const THEORY: Chapter = Chapter {
    file: "docs/theory.md",
    text: include_str!("../../../../docs/theory.md"),
};

const REFERENCES: &str = include_str!("../../../../docs/references.md");

/// The works that a source names by their keys, `\[A26\]`: lines of the chapter of references.
pub(super) fn references(source: &str) -> Vec<String> {
    let entries = REFERENCES.split("\n- **").skip(1);
    entries
        .filter_map(|entry| {
            let (key, rest) = entry.split_once("**")?;
            source.contains(key).then(|| {
                let end = rest.find("\n\n").unwrap_or(rest.len());
                let words: Vec<&str> = rest[..end].split_whitespace().collect();
                format!("{key} {}", super::plain::unmarked(&words.join(" ")))
            })
        })
        .collect()
}
