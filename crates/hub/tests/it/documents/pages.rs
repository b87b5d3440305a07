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
    /// As what `scripts/run-documents` runs it, where the test suite cannot.
    pub by_hand: Option<String>,
    /// How it is run apart from the page's story.
    pub apart: Option<String>,
    /// Where it is to fail: how the line begins that it then prints.
    pub fails: Option<String>,
}

/// A line of a page, and the block it is in.
struct Line<'a> {
    number: usize,
    text: &'a str,
    /// The language of the block; none outside of blocks.
    block: Option<&'a str>,
    /// Whether it begins a block.
    opens: bool,
    by_hand: Option<&'a str>,
    apart: Option<&'a str>,
    /// Whether the block shows a command that fails.
    fails: bool,
}

/// Pages that are not in `docs`.
const ELSEWHERE: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "packaging/README.md",
    "scripts/openapi/README.md",
    "crates/providers/src/hubspot/README.md",
    "crates/providers/src/notion/README.md",
    "crates/providers/src/airtable/README.md",
    "crates/providers/src/tentoeight/README.md",
];

/// Those of the sandbox, which come last: they break it.
const OF_THE_SANDBOX: &[&str] =
    &["crates/sandbox/README.md", "crates/sandbox/FIDELITY.md", "crates/sandbox/referees/README.md"];

impl Page {
    /// All of them.
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> = ELSEWHERE.iter().copied().map(str::to_owned).collect();
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
        names.extend(OF_THE_SANDBOX.iter().copied().map(str::to_owned));
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// The page of this name.
    pub fn read(name: &str) -> Self {
        let text =
            std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let (mut block, mut said, mut lines) = (None, None, Vec::new());
        for (index, text) in self.text.lines().enumerate() {
            let fence = text.trim_start().strip_prefix("```");
            let opens = block.is_none() && fence.is_some();
            if opens {
                block = fence;
            }
            let after = |what: &str| said.and_then(|said: &str| said.strip_prefix(what));
            lines.push(Line {
                number: index + 1,
                text,
                block,
                opens,
                by_hand: after("run by hand: "),
                apart: after("run apart: "),
                fails: said == Some("fails"),
            });
            if fence.is_some() && !opens {
                (block, said) = (None, None);
            } else if block.is_none() && !text.trim().is_empty() {
                said = text.trim().strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
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
                let (by_hand, apart) = (line.by_hand.map(str::to_owned), line.apart.map(str::to_owned));
                let text = begun.trim_end_matches('\\').to_owned();
                commands.push(Command { at, text, by_hand, apart, fails: line.fails.then(String::new) });
            } else if let Some(command) = commands.last_mut().filter(|_| continues) {
                command.text.push_str(text.trim_end_matches('\\'));
            } else if let Some(says) = commands.last_mut().and_then(|command| command.fails.as_mut())
                && says.is_empty()
            {
                text.split('…').next().unwrap_or_default().trim().clone_into(says);
            }
            continues = (begun.is_some() || continues) && text.ends_with('\\');
        }
        commands
    }

    /// The blocks in this language, each with its first line's number.
    pub fn blocks(&self, language: &str) -> Vec<(usize, String)> {
        let mut blocks: Vec<(usize, String)> = Vec::new();
        for line in self.lines().into_iter().filter(|line| line.block == Some(language)) {
            if line.opens {
                blocks.push((line.number, String::new()));
            } else if let Some((_, block)) =
                blocks.last_mut().filter(|_| !line.text.trim().starts_with("```"))
            {
                block.push_str(line.text.trim());
                block.push('\n');
            }
        }
        blocks
    }

    /// The first cells of the tables below this heading, up to the next one.
    pub fn first_cells(&self, heading: &str) -> Vec<String> {
        let below = self.text.lines().skip_while(|line| *line != heading).skip(1);
        let rows = below.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("| `"));
        rows.map(|row| row.split('|').nth(1).unwrap_or_default().to_owned()).collect()
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
            let beginnings = [("](", ')'), (" src=\"", '"'), (" srcset=\"", '"')];
            let targets = beginnings.iter().flat_map(|(begin, end)| {
                line.text.split(begin).skip(1).map(|rest| rest.split(*end).next().unwrap_or_default())
            });
            for target in targets.filter(|target| !target.contains("://")) {
                links.push((line.number, target.to_owned()));
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
