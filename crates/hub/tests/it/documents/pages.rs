//! Pages of the documents, taken apart as far as tests look at them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A page.
pub struct Page {
    /// Where it is in the repository.
    pub name: String,
    text: String,
}

/// A command line in a block of the language `console`.
#[derive(Debug)]
pub struct Command {
    /// Page and line.
    pub at: String,
    /// As somebody would type it, continued lines joined.
    pub text: String,
    /// Why a test cannot run it.
    pub not_run: Option<String>,
}

/// A line of a page, and the block it is in.
struct Line<'a> {
    number: usize,
    text: &'a str,
    /// The language of the block; none outside of blocks.
    block: Option<&'a str>,
    /// Whether it begins a block.
    opens: bool,
    not_run: Option<&'a str>,
}

impl Page {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> =
            ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "packaging/README.md"]
                .map(str::to_owned)
                .into();
        for directory in ["docs", "docs/providers", "docs/decisions"] {
            let entries = std::fs::read_dir(root().join(directory)).unwrap();
            let mut found: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"))
                .map(|name| format!("{directory}/{name}"))
                .collect();
            found.sort();
            names.extend(found);
        }
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The page of this name.
    pub fn read(name: &str) -> Self {
        let text =
            std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let (mut block, mut reason, mut lines) = (None, None, Vec::new());
        for (index, text) in self.text.lines().enumerate() {
            let fence = text.trim_start().strip_prefix("```");
            let opens = block.is_none() && fence.is_some();
            if opens {
                block = fence;
            }
            lines.push(Line { number: index + 1, text, block, opens, not_run: reason });
            if fence.is_some() && !opens {
                block = None;
            }
            let comment =
                text.trim().strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"));
            if comment.is_some() || (block.is_none() && !text.trim().is_empty()) {
                reason = comment;
            }
        }
        assert_eq!(block, None, "{}: a block has no end", self.name);
        lines
    }

    /// The line and language of every block.
    pub fn languages(&self) -> Vec<(usize, &str)> {
        let opening = self.lines().into_iter().filter(|line| line.opens);
        opening.map(|line| (line.number, line.block.unwrap_or_default())).collect()
    }

    /// Every command line.
    pub fn commands(&self) -> Vec<Command> {
        let mut commands: Vec<Command> = Vec::new();
        let mut continues = false;
        for line in self.lines().into_iter().filter(|line| line.block == Some("console") && !line.opens) {
            let text = line.text.trim();
            let begun = text.strip_prefix("$ ");
            if let Some(begun) = begun {
                let at = format!("{}:{}", self.name, line.number);
                let not_run = line.not_run.map(str::to_owned);
                commands.push(Command { at, text: begun.trim_end_matches('\\').to_owned(), not_run });
            } else if let Some(command) = commands.last_mut().filter(|_| continues) {
                command.text.push_str(text.trim_end_matches('\\'));
            }
            continues = (begun.is_some() || continues) && text.ends_with('\\');
        }
        commands
    }

    /// Outside of blocks: what stands between backticks.
    pub fn snippets(&self) -> Vec<(usize, String)> {
        let outside = self.lines().into_iter().filter(|line| line.block.is_none());
        let of_line = |line: Line<'_>| {
            let spans = line.text.split('`').skip(1).step_by(2).map(str::to_owned);
            spans.map(|span| (line.number, span)).collect::<Vec<_>>()
        };
        outside.flat_map(of_line).collect()
    }

    /// The rows of tables that begin with the status of an answer.
    pub fn rows(&self) -> Vec<&str> {
        let is_row = |line: &&str| {
            line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        self.text.lines().filter(is_row).collect()
    }

    /// Every link to a page of our own.
    pub fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for line in self.lines().into_iter().filter(|line| line.block.is_none()) {
            for rest in line.text.split("](").skip(1) {
                let target = rest.split(')').next().unwrap_or_default();
                if !target.contains("://") {
                    links.push((line.number, target.to_owned()));
                }
            }
        }
        links
    }

    /// The path in the repository of a file that this page names.
    pub fn beside(&self, file: &str) -> String {
        if file.is_empty() {
            return self.name.clone();
        }
        let mut parts: Vec<&str> = self.name.split('/').collect();
        parts.pop();
        for part in file.split('/') {
            match part {
                ".." => drop(parts.pop().unwrap_or_else(|| panic!("{}: {file} leads outside", self.name))),
                "." | "" => {}
                other => parts.push(other),
            }
        }
        parts.join("/")
    }

    /// Headings as links name them.
    pub fn headings(&self) -> BTreeSet<String> {
        let outside = self.lines().into_iter().filter(|line| line.block.is_none());
        let headings = outside.filter_map(|line| line.text.strip_prefix('#'));
        let slug = |heading: &str| {
            let kept = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        };
        headings.map(slug).collect()
    }
}
