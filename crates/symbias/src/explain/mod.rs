//! Paragraphs of the book by topic: what a law, a symmetry, an object or a hypothesis of a report
//! means, with its source.
//!
//! The text lives in the book and nowhere else. A chapter marks it by
//! `<!-- explain: SLUG, SLUG | SOURCE -->` before and `<!-- end -->` after; [`mod@passage`] finds it,
//! `registry` says which topics there are, `plain` makes terminal text of it. Used by the command
//! line.
//!
//! ```
//! use symbias::explain::explain;
//! assert!(explain("charges").is_ok());
//! assert!(explain("no such word").is_err());
//! ```

mod chapters;
pub mod passage;
mod plain;
mod registry;
mod section;

pub use chapters::{CHAPTERS, Chapter};
pub use registry::{Kind, TOPICS, Topic};

use chapters::THEORY;
use registry::LABELS;
use symbias_bias::DRIVERS;

use passage::passages;
use serde::Serialize;
use std::fmt::Write;
use symbias_model::error::{Error, ErrorKind, Result};

/// Columns of terminal text.
const WIDTH: usize = 100;

/// What reports call things, drivers among them, and the topics that explain it.
fn labels() -> impl Iterator<Item = (&'static str, &'static str)> {
    let drivers = DRIVERS.iter().map(|d| (d.about().name, d.about().topic));
    drivers.chain(LABELS.iter().copied())
}

/// A topic with its paragraphs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Version of this record.
    pub schema: u32,
    /// The name of the topic, or of the section of the theory.
    pub topic: String,
    /// What it is: a law, a symmetry, an object, a hypothesis; one may be two of them.
    pub kinds: &'static [Kind],
    /// What it is called.
    pub title: &'static str,
    /// Its paragraphs as plain text, each on one line, formulas on lines of their own.
    pub text: String,
    /// Where the statement is from.
    pub source: String,
    /// The works that the source names.
    pub references: Vec<String>,
    /// The title of the chapter.
    pub chapter: String,
    /// The file of the chapter.
    pub file: &'static str,
    #[serde(skip)]
    markdown: String,
}

/// The paragraphs of a topic, of a word that a report prints (`_` may stand for `-`, and case does not matter), or of a section of the
/// theory, `theory §5.2`.
///
/// # Errors
/// An unknown topic, with the nearest known one; a section that does not exist.
pub fn explain(name: &str) -> Result<Explanation> {
    if let Some(section) = section::cited(name) {
        let section = section?;
        let (markdown, source) = (section.text(), format!("theory §{}", section.number));
        return Ok(Explanation {
            schema: 1,
            topic: source.clone(),
            kinds: &[Kind::Section],
            title: section.title,
            text: plain::text(&markdown, usize::MAX),
            references: chapters::references(&markdown),
            source,
            chapter: THEORY.title().to_owned(),
            file: THEORY.file,
            markdown,
        });
    }
    let slug = name.trim().to_lowercase().replace(['_', ' '], "-");
    let wanted = labels().find(|(label, _)| *label == slug);
    let wanted = wanted.map_or(slug.as_str(), |(_, topic)| topic);
    let Some(topic) = TOPICS.iter().find(|t| t.slug == wanted) else {
        return Err(
            Error::new(ErrorKind::Unknown, format!("nothing explains `{name}`"))
                .remedy("`symbias explain` lists all topics")
                .suggest(
                    &slug,
                    TOPICS.iter().map(|t| t.slug).chain(labels().map(|l| l.0)),
                ),
        );
    };
    for chapter in CHAPTERS {
        let found = passages(chapter.text).map_err(|reason| {
            Error::new(ErrorKind::Syntax, format!("{}:{reason}", chapter.file))
        })?;
        let Some(passage) = found.into_iter().find(|p| p.slugs.contains(&topic.slug)) else {
            continue;
        };
        return Ok(Explanation {
            schema: 1,
            topic: topic.slug.to_owned(),
            kinds: topic.kinds,
            title: topic.title,
            text: plain::text(passage.body, usize::MAX),
            source: passage.source.to_owned(),
            references: chapters::references(passage.source),
            chapter: chapter.title().to_owned(),
            file: chapter.file,
            markdown: passage.body.to_owned(),
        });
    }
    Err(Error::new(
        ErrorKind::Unknown,
        format!("no chapter explains `{slug}`"),
    ))
}

impl Explanation {
    /// What the command prints: title, paragraphs, source, works, chapter.
    #[must_use]
    pub fn report(&self) -> String {
        let kinds: Vec<&str> = self.kinds.iter().map(|k| k.name()).collect();
        let mut out = format!("{} ({}): {}\n\n", self.topic, kinds.join(", "), self.title);
        out.push_str(&plain::text(&self.markdown, WIDTH));
        let mut line = |label: &str, rest: &str| {
            let _ = writeln!(out, "{}", plain::hanging(label, rest, WIDTH));
        };
        line("\nsource        ", &self.source);
        for work in &self.references {
            line("              ", work);
        }
        line(
            "chapter       ",
            &format!("{}, {}", self.chapter, self.file),
        );
        out
    }
}

/// All topics by kind, and the sections of the theory, one line each.
#[must_use]
pub fn list() -> String {
    let width = TOPICS.iter().map(|t| t.slug.len()).max().unwrap_or(0);
    let mut out = String::new();
    for kind in Kind::ALL {
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", kind.plural());
        for topic in TOPICS.iter().filter(|t| t.kinds.contains(&kind)) {
            let _ = writeln!(out, "  {:width$}  {}", topic.slug, topic.title);
        }
    }
    let _ = writeln!(out, "\n{}", Kind::Section.plural());
    for section in section::sections() {
        let name = format!("theory §{}", section.number);
        let _ = writeln!(out, "  {name:width$}  {}", section.title);
    }
    out
}
