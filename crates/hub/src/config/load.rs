//! From sources to a configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::check;
use super::file;
use super::keys::{self, DEFAULTS, KEYS};
use super::layer::{Entry, Layer};
use super::model::Config;
use super::origin::Origin;
use super::overrides::{self, Flag};
use super::problem::{ConfigErrors, Problem};
use super::show::Setting;

/// Where settings come from.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file named on the command line. Without it SYNCLINE_CONFIG names one, and without that `syncline.toml`
    /// is read if it exists.
    pub file: Option<PathBuf>,
    /// Environment variables ([`super::environment`] gives the process's own). Others than `SYNCLINE_…` are ignored.
    pub env: Vec<(String, String)>,
    /// Overrides from the command line.
    pub flags: Vec<Flag>,
    /// Where `syncline.toml` is looked for. Empty: the directory the process was started in.
    pub here: PathBuf,
}

/// Without the values, which may be secrets.
impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, env, flags, here } = self;
        let names: Vec<_> = env.iter().map(|(name, _)| name).collect();
        let mut all = f.debug_struct("Sources");
        all.field("file", file).field("env", &names).field("flags", flags).field("here", here).finish()
    }
}

/// A configuration that holds together.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Every setting with its origin, in the order of the defaults file, fit to be shown.
    pub settings: Vec<Setting>,
    /// What works but is risky, to be logged at start.
    pub warnings: Vec<String>,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
}

/// Reads all sources.
///
/// # Errors
/// Everything that is wrong in any of them.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let file = file::choose(sources.file.as_deref(), &sources.env, &sources.here);
    let mut merged = file::layer(DEFAULTS, None);
    if let Some(path) = &file {
        merge(&mut merged, from_file(path));
    }
    merge(&mut merged, overrides::from_environment(&sources.env));
    merge(&mut merged, overrides::from_flags(&sources.flags));
    drop_apps_without_provider(&mut merged);
    let config = match typed(&merged.entries) {
        Ok(config) => config,
        Err(problem) => {
            merged.problems.push(problem);
            return Err(ConfigErrors::new(merged.problems));
        }
    };
    if !merged.is_torn {
        let bad: BTreeSet<String> =
            merged.problems.iter().filter_map(|problem| problem.key.clone()).collect();
        merged.problems.extend(check::contradictions(&config, &merged.entries, &bad));
    }
    if !merged.problems.is_empty() {
        return Err(ConfigErrors::new(merged.problems));
    }
    let warnings = check::warnings(&config, &merged.entries);
    Ok(Loaded { settings: settings(&merged), config, warnings, file })
}

fn from_file(path: &Path) -> Layer {
    match file::read(path) {
        Ok(text) => file::layer(&text, Some(path)),
        Err(text) => {
            let origin = Origin::File { path: path.to_owned(), line: 0, column: 0 };
            Layer { problems: vec![Problem::general(origin, text)], is_torn: true, ..Layer::default() }
        }
    }
}

/// Puts `above` on top of `below`.
fn merge(below: &mut Layer, above: Layer) {
    below.entries.extend(above.entries);
    below.problems.extend(above.problems);
    below.is_torn |= above.is_torn;
    for (name, origin) in above.apps {
        below.apps.entry(name).or_insert(origin);
    }
}

/// The one key without a default: an app that lacks it is a problem, and is left out so that the rest can be checked.
fn drop_apps_without_provider(merged: &mut Layer) {
    for (name, origin) in &merged.apps {
        let path = format!("apps.{name}.provider");
        if merged.entries.contains_key(&path) {
            continue;
        }
        merged.entries.retain(|key, _| !key.starts_with(&format!("apps.{name}.")));
        // A value that was refused has been complained about.
        if !merged.is_torn && !merged.problems.iter().any(|problem| problem.key.as_ref() == Some(&path)) {
            let expected = keys::find(&path).map(keys::Key::expected).unwrap_or_default();
            let says = format!("has no `provider`; expected {expected}");
            merged.problems.push(Problem::about(&format!("apps.{name}"), origin.clone(), says));
        }
    }
}

/// Entries as types. Every value has been checked, so this fails only when `KEYS` and `model` disagree.
fn typed(entries: &BTreeMap<String, Entry>) -> Result<Config, Problem> {
    let mut root = toml::Table::new();
    for (path, entry) in entries {
        put(&mut root, path, entry.value.clone());
    }
    Config::deserialize(root).map_err(|error| {
        let text =
            format!("the settings do not fit together, which is a mistake in Syncline: {}", error.message());
        Problem::general(Origin::Default, text)
    })
}

fn put(table: &mut toml::Table, path: &str, value: toml::Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| toml::Table::new().into());
            if let toml::Value::Table(below) = below {
                put(below, rest, value);
            }
        }
    }
}

/// A row for every key, an app's keys together.
fn settings(merged: &Layer) -> Vec<Setting> {
    let row = |key: &keys::Key, path: String| match merged.entries.get(&path) {
        Some(entry) => {
            Setting { value: key.kind.dull(&entry.value), origin: entry.origin.clone(), key: path }
        }
        None => Setting { value: "".into(), origin: Origin::Default, key: path },
    };
    let of_app = |name: &String| {
        let name = name.clone();
        KEYS.iter().filter(|key| key.is_per_app()).map(move |key| (key, key.named(&name)))
    };
    let first_of_app = KEYS.iter().position(keys::Key::is_per_app).unwrap_or(KEYS.len());
    let (before, after) = KEYS.split_at(first_of_app);
    let plain = |key: &'static keys::Key| (key, key.path.to_owned());
    let apps = merged.apps.keys().flat_map(of_app);
    let after = after.iter().filter(|key| !key.is_per_app()).map(plain);
    before.iter().map(plain).chain(apps).chain(after).map(|(key, path)| row(key, path)).collect()
}
