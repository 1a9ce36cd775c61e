//! Sections of the theory by their number: `theory §5.2`, as code, model files and reports cite them.

use super::chapters::THEORY;
use symbias_model::error::{Error, ErrorKind, Result};

/// A section: a heading `## 5. Title` or `### 5.2 Title`, and the text up to the next heading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub number: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

/// All sections, in the order of the text.
pub(super) fn sections() -> impl Iterator<Item = Section> {
    THEORY.text.split("\n#").filter_map(|part| {
        let (heading, body) = part.split_once('\n')?;
        let (number, title) = heading.trim_start_matches('#').trim().split_once(' ')?;
        let number = number.strip_suffix('.').unwrap_or(number);
        let numbered = number.split('.').all(|n| n.parse::<u32>().is_ok());
        numbered.then_some(Section {
            number,
            title,
            body: body.trim(),
        })
    })
}

/// The section that a name cites: `theory §5.2`, `theory 5.2` or `§5.2`; nothing if it cites none.
///
/// # Errors
/// A section that does not exist.
pub(super) fn cited(name: &str) -> Option<Result<Section>> {
    let name = name.trim();
    let word = name.get(..6).filter(|w| w.eq_ignore_ascii_case("theory"));
    let rest = name[word.map_or(0, str::len)..].trim_start_matches([' ', '-', '_']);
    let number = rest.strip_prefix('§').or(word.map(|_| rest))?.trim();
    let found = sections().find(|section| section.number == number);
    Some(found.ok_or_else(|| {
        let all: Vec<&str> = sections().map(|section| section.number).collect();
        Error::new(
            ErrorKind::Unknown,
            format!("the theory has no section `{number}`"),
        )
        .remedy(format!("its sections: {}", all.join(", ")))
    }))
}

impl Section {
    /// Its text, with the titles of the sections in it.
    pub(super) fn text(&self) -> String {
        let inside = format!("{}.", self.number);
        let parts: Vec<String> = sections()
            .filter(|part| part.number.starts_with(&inside))
            .map(|part| format!("- §{} {}", part.number, part.title))
            .collect();
        format!("{}\n\n{}", self.body, parts.join("\n"))
    }
}
