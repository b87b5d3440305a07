//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The defaults built into the program.
    Default,
    /// A configuration file; line and column count from 1, columns in characters.
    File {
        /// As it was named or found.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// An environment variable, by name.
    Env(String),
    /// A command-line flag, by name (`--set`, `--listen`).
    Flag(String),
}

impl Origin {
    /// The origin inside a sentence about a setting: "… at syncline.toml:3:1", "… from --set".
    pub(super) fn phrase(&self) -> String {
        match self {
            Self::Default => "in the defaults".to_owned(),
            Self::File { path, line, column } => format!("at {}:{line}:{column}", path.display()),
            Self::Env(name) | Self::Flag(name) => format!("from {name}"),
        }
    }
}

/// As tables show it: `default`, `syncline.toml:3`, `SYNCLINE_DATABASE__URL`, `--set`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line, .. } => write!(f, "{}:{line}", path.display()),
            Self::Env(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
