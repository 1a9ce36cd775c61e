//! Fenced code blocks of a Markdown text.

use std::ops::Range;

/// A fenced block: what it says it is, where it is, and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The text after the opening fence: `rust`, `console`, `toml,model`, …
    pub info: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The bytes of the body in the text.
    pub range: Range<usize>,
    /// The body, with its last newline.
    pub body: String,
}

impl Block {
    /// The first word of the info string.
    pub fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default().trim()
    }

    /// Whether a later word of the info string is this one.
    pub fn has(&self, word: &str) -> bool {
        self.info.split(',').skip(1).any(|w| w.trim() == word)
    }

    /// The value of a later word `key=value`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.info
            .split(',')
            .skip(1)
            .find_map(|word| word.trim().strip_prefix(key)?.strip_prefix('='))
    }
}

/// The fence that a line opens or closes: its character and length.
fn fence(line: &str) -> Option<(char, usize)> {
    let first = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == first).count();
    (length >= 3).then_some((first, length))
}

/// All fenced blocks. Fences stand at the margin, say what they hold, and are closed; anything
/// else is an error `LINE: reason`, since a block that is overlooked is a block not checked.
pub fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut found = Vec::new();
    let mut open: Option<(Block, (char, usize))> = None;
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        let number = index + 1;
        let content = line.trim_end();
        match &mut open {
            Some((block, (mark, length))) => {
                let closes = fence(content)
                    .is_some_and(|(m, n)| m == *mark && n >= *length && content.len() == n);
                if closes {
                    block.range.end = start;
                    block.body = text[block.range.clone()].to_owned();
                    found.extend(open.take().map(|(block, _)| block));
                }
            }
            None => {
                if let Some((mark, length)) = fence(content) {
                    let info = content[length..].trim().to_owned();
                    if info.is_empty() {
                        return Err(format!(
                            "{number}: this code block does not say what it holds; \
                             write ```text if it is neither run nor compiled"
                        ));
                    }
                    let block = Block {
                        info,
                        line: number,
                        range: end..end,
                        body: String::new(),
                    };
                    open = Some((block, (mark, length)));
                } else if fence(content.trim_start()).is_some() {
                    return Err(format!(
                        "{number}: a fence of a code block starts at the margin"
                    ));
                }
            }
        }
        start = end;
    }
    match open {
        Some((block, _)) => Err(format!("{}: this code block is never closed", block.line)),
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_keep_their_words_lines_and_bytes() {
        let text = "a\n```toml,model,file=x.toml\nq = 1\n```\nb `c`\n~~~~text\n```\n~~~~\n";
        let found = blocks(text).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].language(), found[0].line), ("toml", 2));
        assert!(found[0].has("model") && !found[0].has("toml"));
        assert_eq!(found[0].value("file"), Some("x.toml"));
        assert_eq!(&text[found[0].range.clone()], "q = 1\n");
        assert_eq!(found[1].body, "```\n");
    }

    #[test]
    fn an_empty_block_is_a_block() {
        assert_eq!(blocks("```text\n```").unwrap()[0].body, "");
    }

    #[test]
    fn a_block_that_would_be_overlooked_is_refused() {
        for (text, place) in [
            (
                "x\n```\nlet a = 1;\n```\n",
                "2: this code block does not say",
            ),
            ("* x\n  ```rust\n  ```\n", "2: a fence"),
            (
                "```rust\nlet a = 1;\n",
                "1: this code block is never closed",
            ),
            ("```rust\n~~~\n", "1: this code block is never closed"),
            ("````rust\n```\n", "1: this code block is never closed"),
        ] {
            let reason = blocks(text).unwrap_err();
            assert!(reason.starts_with(place), "{reason}");
        }
    }
}
