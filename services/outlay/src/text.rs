//! Texts for people. What is printed for people is written here, line by line, so that no value
//! that somebody else wrote steers their terminal, hides, or ends a line and forges the next one.
//!
//! What goes to programs does not come by: JSON and CSV say what they say byte by byte.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::ops::Deref;

use unicode_width::UnicodeWidthStr as _;

/// Lines for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(String); // Invariant: of what a terminal acts on, only our own line ends and bold.

impl Text {
    /// A text of one line.
    pub(crate) fn of(line: impl Display) -> Self {
        let mut text = Self::default();
        text.line(line);
        text
    }

    /// Adds a line. What would end it early is written out.
    pub(crate) fn line(&mut self, line: impl Display) {
        self.0.push_str(&escaped(&line.to_string()));
        self.0.push('\n');
    }

    /// Adds a line that is bold where there is colour.
    pub(crate) fn heading(&mut self, line: &str, coloured: bool) {
        let line = escaped(line);
        let _ = if coloured {
            writeln!(self.0, "\u{1b}[1m{line}\u{1b}[0m")
        } else {
            writeln!(self.0, "{line}")
        };
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// Adds another text.
    pub(crate) fn append(&mut self, text: &Self) {
        self.0.push_str(&text.0);
    }

    /// Two texts with an empty line between.
    pub(crate) fn apart(mut self, text: &Self) -> Self {
        self.gap();
        self.append(text);
        self
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `text` as it can be shown within a line: what steers a terminal, ends a line, turns the order
/// of letters round or is not seen is written out, such as `\n` or `\u{1b}`.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unseen(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// How many columns of a terminal a text takes that is escaped.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Whether a terminal acts on it, or shows nothing in its place: controls, ends of lines, and what
/// Unicode has as `Default_Ignorable_Code_Point` or for annotations. Marks that combine with a
/// letter are seen: Vietnamese is written with them.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_written_out() {
        for (raw, shown) in [
            ("a\u{1b}[2Jb", r"a\u{1b}[2Jb"),
            ("a\r\nb\tc", r"a\r\nb\tc"),
            ("\u{9b}31m\u{7f}\u{0}", r"\u{9b}31m\u{7f}\u{0}"),
            ("\u{202e}mo\u{2066}d", r"\u{202e}mo\u{2066}d"),
            ("K\u{200b}B\u{feff}-\u{ad}1", r"K\u{200b}B\u{feff}-\u{ad}1"),
            ("a\u{2028}b\u{2029}c", r"a\u{2028}b\u{2029}c"),
            ("\u{e0041}\u{fe0f}", r"\u{e0041}\u{fe0f}"),
        ] {
            assert_eq!(escaped(raw), shown);
        }
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "Lào Cai",
            "La\u{300}o Cai",
            "Tiê\u{301}ng Viê\u{323}t",
            "漢 \\n € 1 000",
        ] {
            assert!(matches!(escaped(text), Cow::Borrowed(same) if same == text));
        }
        assert_eq!(width("La\u{300}o"), 3);
    }

    #[test]
    fn a_value_ends_no_line() {
        let mut text = Text::of("one\n2 recorded, 0 refused");
        text.heading("two\u{1b}[8m", true);
        assert_eq!(
            &*text,
            "one\\n2 recorded, 0 refused\n\u{1b}[1mtwo\\u{1b}[8m\u{1b}[0m\n"
        );
    }
}
