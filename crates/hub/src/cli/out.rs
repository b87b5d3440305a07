//! Printing: the one place that writes to the terminal.

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

/// An error and its causes, as one sentence.
pub fn error(error: &anyhow::Error) {
    note(format!("syncline: {error:#}"));
}
