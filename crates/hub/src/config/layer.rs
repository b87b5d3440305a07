//! One source's settings: values that are good, each with its origin, and the problems of those that are not.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use toml::Value;

use super::keys::{self, Key};
use super::kinds::Given;
use super::origin::Origin;
use super::problem::Problem;

/// The most a secret's file may hold; more is some other file.
const LARGEST_SECRET: u64 = 64 * 1024;

/// A good value.
#[derive(Clone)]
pub(super) struct Entry {
    pub value: Value,
    pub origin: Origin,
    /// The file of its own that the value was read from.
    pub own_file: Option<PathBuf>,
}

/// What one source says.
#[derive(Default)]
pub(super) struct Layer {
    pub entries: BTreeMap<String, Entry>,
    /// Apps that are mentioned, with or without a good value.
    pub apps: BTreeMap<String, Origin>,
    pub problems: Vec<Problem>,
    /// Whether a part of it could not be read, so that what seems to be missing may only be misspelt.
    pub is_torn: bool,
}

impl Layer {
    /// Takes a value for `path`, which may be a `…_file` key. `named` is where the key stands, `at` where the value
    /// does. Answers whether there is such a key; if not, nothing has happened.
    pub(super) fn offer(
        &mut self,
        path: &str,
        named: &Origin,
        at: &Origin,
        given: impl FnOnce(&Key) -> Given,
    ) -> bool {
        if let Some(key) = keys::find(path) {
            let given = given(key);
            self.take(key, path, named, at, &given, None);
        } else if let Some((key, base)) = keys::find_in_file(path) {
            let given = given(key);
            if let Some((file, text)) = self.read_own_file(path, at, &given) {
                self.take(key, base, named, at, &Given::Text(text), Some(file));
            }
        } else {
            return false;
        }
        true
    }

    fn take(
        &mut self,
        key: &Key,
        path: &str,
        named: &Origin,
        at: &Origin,
        given: &Given,
        own_file: Option<PathBuf>,
    ) {
        if key.is_per_app() && !self.mention_app(path.split('.').nth(1).unwrap_or_default(), named) {
            return;
        }
        if let Some(other) =
            self.entries.get(path).filter(|other| other.own_file.is_some() != own_file.is_some())
        {
            let says = format!(
                "is given once more {}, once directly and once by file; keep one",
                other.origin.phrase()
            );
            self.problems.push(Problem::about(path, named.clone(), says));
            return;
        }
        match key.kind.accept(given) {
            Some(value) => {
                self.entries.insert(path.to_owned(), Entry { value, origin: named.clone(), own_file });
            }
            None => {
                let says = format!("{}; expected {}", key.kind.describe(given), key.expected());
                self.problems.push(Problem::about(path, at.clone(), says));
            }
        }
    }

    /// Notes that an app is mentioned; false, and a problem, if nothing can be called so.
    pub(super) fn mention_app(&mut self, name: &str, origin: &Origin) -> bool {
        let good = keys::is_app_name(name);
        if good {
            self.apps.entry(name.to_owned()).or_insert_with(|| origin.clone());
        } else {
            let says = "cannot be an app's name; use lower-case letters, digits and dashes, at most 64";
            self.problems.push(Problem::about(&format!("apps.{name}"), origin.clone(), says));
        }
        good
    }

    /// The file that a `…_file` key names, and the secret in it.
    fn read_own_file(&mut self, path: &str, at: &Origin, given: &Given) -> Option<(PathBuf, String)> {
        let read = match given {
            Given::Text(file) if !file.is_empty() => read_secret(file)
                .map(|text| (PathBuf::from(file), text))
                .map_err(|why| format!("names {}, which {why}", path_or_secret(file))),
            _ => Err("is not a path; expected one in quotes, such as \"/run/secrets/syncline\"".to_owned()),
        };
        read.map_err(|says| self.problems.push(Problem::about(path, at.clone(), says))).ok()
    }
}

/// A path for people to see, unless it does not look like one: it may be the secret itself, put under the wrong key.
fn path_or_secret(path: &str) -> String {
    let looks_so = ["/", "./", "../"].iter().any(|start| path.starts_with(start));
    if looks_so {
        format!("{path:?}")
    } else {
        "a file (not shown here; a path from / or ./ would be)".to_owned()
    }
}

/// The text in a secret's file, without the line breaks that editors and `echo` put at its end.
fn read_secret(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    file.take(LARGEST_SECRET + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > LARGEST_SECRET {
        return Err("is larger than 64 KiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err("is empty".to_owned()) } else { Ok(text.to_owned()) }
}
