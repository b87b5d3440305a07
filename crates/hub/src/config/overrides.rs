//! What stands above the file: environment variables, and flags above those.

use super::keys;
use super::layer::Layer;
use super::origin::Origin;
use super::problem::Problem;

/// What every variable of ours begins with.
const PREFIX: &str = "SYNCLINE_";

/// Variables that are not settings: which file to read, the command line's server and key, a log filter.
const NOT_SETTINGS: [&str; 4] = ["SYNCLINE_CONFIG", "SYNCLINE_SERVER", "SYNCLINE_API_KEY", "SYNCLINE_LOG"];

/// One override from the command line.
#[derive(Clone, PartialEq, Eq)]
pub struct Flag {
    /// The flag, for messages and origins: `--set`, `--listen`.
    pub name: String,
    /// The setting's key.
    pub key: String,
    /// Its value, as text.
    pub value: String,
}

impl Flag {
    /// The flag `name` that stands for `key`.
    pub fn new(name: impl Into<String>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), key: key.into(), value: value.into() }
    }

    /// Reads what follows `--set`.
    ///
    /// # Errors
    /// A sentence, when there is no `=` in it. It does not repeat the text, which may be a secret.
    pub fn set(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) => Ok(Self::new("--set", key.trim(), value)),
            None => Err("--set wants KEY=VALUE, such as --set database.url=sqlite".to_owned()),
        }
    }
}

/// Without the value: it may be a secret.
impl std::fmt::Debug for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Flag({} {})", self.name, self.key)
    }
}

/// The process's variables that begin with `SYNCLINE_`. Text that is not UTF-8 arrives with replacement characters.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let all = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
    all.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

/// Every setting among the variables.
pub(super) fn from_environment(env: &[(String, String)]) -> Layer {
    let mut layer = Layer::default();
    for (name, value) in env {
        let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !is_not_a_setting(name, value)) else {
            continue;
        };
        let origin = Origin::Env(name.clone());
        let path = path_of(rest);
        // One way to write each: a second spelling could contradict the first.
        let one_way = variable_of(&path) == *name;
        if !one_way || !layer.offer(&path, &origin, &origin, |key| key.kind.given(value)) {
            layer.problems.push(Problem::unknown(&path, origin, &hint(&path)));
        }
    }
    layer
}

fn hint(path: &str) -> String {
    let near: Vec<_> = keys::nearest(path).iter().map(|path| variable_of(path)).collect();
    match near.as_slice() {
        [] => "`syncline config defaults` lists every key".to_owned(),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}

/// Every setting among the flags; of two for one key the last wins.
pub(super) fn from_flags(flags: &[Flag]) -> Layer {
    let mut layer = Layer::default();
    for flag in flags {
        let origin = Origin::Flag(flag.name.clone());
        if !layer.offer(&flag.key, &origin, &origin, |key| key.kind.given(&flag.value)) {
            layer.problems.push(Problem::unknown(&flag.key, origin, &keys::hint(&flag.key)));
        }
    }
    layer
}

/// `DATABASE__URL` is `database.url`. Apps' names have dashes and no underscores, variables the other way round.
fn path_of(rest: &str) -> String {
    let mut parts: Vec<_> = rest.split("__").map(str::to_lowercase).collect();
    if let [first, name, _] = parts.as_mut_slice()
        && first == "apps"
    {
        *name = name.replace('_', "-");
    }
    parts.join(".")
}

/// The variable for a key: `SYNCLINE_DATABASE__URL`.
#[must_use]
pub fn variable_of(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").replace('-', "_").to_uppercase())
}

fn is_not_a_setting(name: &str, value: &str) -> bool {
    NOT_SETTINGS.contains(&name) || name.starts_with("SYNCLINE_TEST_") || is_from_kubernetes(name, value)
}

/// Kubernetes tells every container about a service named `syncline…` in `SYNCLINE_SERVICE_HOST`, `SYNCLINE_PORT`
/// (`tcp://…`), `SYNCLINE_PORT_8400_TCP_ADDR` and so on. None of them has the `__` that our sections have.
fn is_from_kubernetes(name: &str, value: &str) -> bool {
    let port_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let by_name = name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.split("_PORT_").skip(1).any(port_number);
    let by_value = name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
    !name.contains("__") && (by_name || by_value)
}
