//! Printing: the one place that writes to the terminal.

use crate::portal::views::text;
use std::fmt::Display;
use std::io::Write as _;

/// A line on standard output: a command's result. A reader that went away (`| head`) is no error.
pub fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line on standard error: what a person wants to know beside the result.
pub fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// JSON on standard output. What a terminal would obey and JSON allows as it is (DEL, C1) is written as an escape, which means the
/// same.
pub fn json(text: &str) {
    let mut dull = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\u{7f}'..='\u{9f}') {
            dull.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            dull.push(c);
        }
    }
    line(dull);
}

/// Text from outside as one may show it: nothing that a terminal obeys, nothing that turns the text around it.
#[must_use]
pub fn plain(text: &str) -> String {
    let tame = |c: char| if c.is_control() || text::reorders(c) { '\u{fffd}' } else { c };
    text.chars().map(tame).collect()
}

/// An error and its causes, as one sentence.
pub fn error(error: &anyhow::Error) {
    note(format!("syncline: {error:#}"));
}
