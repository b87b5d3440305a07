//! Every key there is, in the order of the defaults file, and what to propose for one that there is not.

use std::sync::LazyLock;

use super::kinds::Kind;

/// The manual and the lowest layer: every key with its default and a comment.
pub const DEFAULTS: &str = include_str!("../../syncline.default.toml");

/// Stands in a path for the name an operator chose.
const NAME: &str = "NAME";

/// A key and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub path: &'static str,
    pub kind: Kind,
}

const PROVIDERS: Kind = Kind::Choice(&["hubspot", "notion", "airtable", "tentoeight"]);
const SECRET: Kind = Kind::Secret { off_when_empty: false };
const WEB: Kind = Kind::Web { off_when_empty: false };
const LEVELS: Kind = Kind::Choice(&["error", "warn", "info", "debug", "trace"]);

#[rustfmt::skip]
pub(super) const KEYS: &[Key] = &[
    Key { path: "data_dir", kind: Kind::Path },
    Key { path: "server.listen", kind: Kind::Listen },
    Key { path: "server.public_url", kind: Kind::Web { off_when_empty: false } },
    Key { path: "server.request_timeout", kind: Kind::Span("100ms", "1h") },
    Key { path: "server.shutdown_grace", kind: Kind::Span("0s", "1h") },
    Key { path: "database.url", kind: Kind::Database },
    Key { path: "database.max_connections", kind: Kind::Whole(1, 1000) },
    Key { path: "database.acquire_timeout", kind: Kind::Span("10ms", "5m") },
    Key { path: "intake.log", kind: Kind::Choice(&["database", "kafka"]) },
    Key { path: "intake.max_body", kind: Kind::Size("1KiB", "1GiB") },
    Key { path: "intake.commit_timeout", kind: Kind::Span("10ms", "5m") },
    Key { path: "intake.queue", kind: Kind::Whole(1, 1_000_000) },
    Key { path: "intake.batch", kind: Kind::Whole(1, 100_000) },
    Key { path: "intake.address_keys", kind: Kind::Secret { off_when_empty: true } },
    Key { path: "intake.kafka.brokers", kind: Kind::Brokers },
    Key { path: "intake.kafka.topic", kind: Kind::Topic },
    Key { path: "intake.kafka.group", kind: Kind::Words },
    Key { path: "intake.kafka.partitions", kind: Kind::Whole(1, 10_000) },
    Key { path: "intake.kafka.replication", kind: Kind::Whole(1, 100) },
    Key { path: "apps.NAME.provider", kind: PROVIDERS },
    Key { path: "apps.NAME.client_id", kind: Kind::Words },
    Key { path: "apps.NAME.client_secret", kind: SECRET },
    Key { path: "apps.NAME.previous_client_secret", kind: SECRET },
    Key { path: "apps.NAME.app_id", kind: Kind::Id },
    Key { path: "apps.NAME.developer_api_key", kind: SECRET },
    Key { path: "apps.NAME.webhook_secret", kind: SECRET },
    Key { path: "apps.NAME.scopes", kind: Kind::Words },
    Key { path: "apps.NAME.optional_scopes", kind: Kind::Words },
    Key { path: "connect.state_ttl", kind: Kind::Span("1m", "1h") },
    Key { path: "connect.refresh_before", kind: Kind::Span("10s", "1h") },
    Key { path: "connect.allowed_origins", kind: Kind::Origins },
    Key { path: "connect.open_routes", kind: Kind::Switch },
    Key { path: "sealing.keys", kind: Kind::Secret { off_when_empty: true } },
    Key { path: "providers.timeout", kind: Kind::Span("1s", "5m") },
    Key { path: "providers.hubspot.api_url", kind: WEB },
    Key { path: "providers.hubspot.web_url", kind: WEB },
    Key { path: "providers.hubspot.budget", kind: Kind::Factor },
    Key { path: "providers.notion.api_url", kind: WEB },
    Key { path: "providers.notion.web_url", kind: WEB },
    Key { path: "providers.notion.budget", kind: Kind::Factor },
    Key { path: "providers.airtable.api_url", kind: WEB },
    Key { path: "providers.airtable.web_url", kind: WEB },
    Key { path: "providers.airtable.budget", kind: Kind::Factor },
    Key { path: "providers.tentoeight.api_url", kind: WEB },
    Key { path: "providers.tentoeight.web_url", kind: WEB },
    Key { path: "providers.tentoeight.budget", kind: Kind::Factor },
    Key { path: "jobs.workers", kind: Kind::Whole(1, 1024) },
    Key { path: "jobs.per_organization", kind: Kind::Whole(1, 1024) },
    Key { path: "jobs.lease", kind: Kind::Span("1s", "1h") },
    Key { path: "jobs.poll", kind: Kind::Span("10ms", "1m") },
    Key { path: "jobs.max_attempts", kind: Kind::Whole(1, 100) },
    Key { path: "load.on_connect", kind: Kind::Switch },
    Key { path: "load.every", kind: Kind::Every("1m") },
    Key { path: "load.full_every", kind: Kind::Every("1h") },
    Key { path: "load.runs", kind: Kind::Whole(1, 10_000) },
    Key { path: "load.lanes", kind: Kind::Whole(1, 100) },
    Key { path: "load.max_pages", kind: Kind::Whole(0, 100_000_000) },
    Key { path: "load.hubspot.objects", kind: Kind::Words },
    Key { path: "load.hubspot.properties", kind: Kind::Words },
    Key { path: "sync.on_create", kind: Kind::Switch },
    Key { path: "sync.every", kind: Kind::Every("5m") },
    Key { path: "sync.workers", kind: Kind::Whole(1, 10_000) },
    Key { path: "sync.calls", kind: Kind::Whole(1, 100) },
    Key { path: "sync.fresh", kind: Kind::Span("0s", "1h") },
    Key { path: "sync.deletion_delay", kind: Kind::Span("0s", "1d") },
    Key { path: "sync.creation_delay", kind: Kind::Span("0s", "1h") },
    Key { path: "sync.kept_plan", kind: Kind::Whole(0, 1_000_000) },
    Key { path: "counters.concurrency", kind: Kind::Whole(1, 10_000) },
    Key { path: "counters.per_definition", kind: Kind::Whole(1, 1_000) },
    Key { path: "counters.account_calls", kind: Kind::Whole(0, 100_000) },
    Key { path: "counters.timeout", kind: Kind::Span("1s", "1m") },
    Key { path: "counters.lease", kind: Kind::Span("2s", "10m") },
    Key { path: "counters.rounds", kind: Kind::Whole(1, 100) },
    Key { path: "counters.longest_wait", kind: Kind::Span("1s", "1h") },
    Key { path: "counters.poll", kind: Kind::Span("100ms", "1h") },
    Key { path: "counters.truth_timeout", kind: Kind::Span("1s", "5m") },
    Key { path: "counters.databases", kind: Kind::Places },
    Key { path: "counters.servers", kind: Kind::Places },
    Key { path: "setup.customer_properties", kind: Kind::Switch },
    Key { path: "notify.allow", kind: Kind::Networks },
    Key { path: "notify.plain_http", kind: Kind::Switch },
    Key { path: "notify.timeout", kind: Kind::Span("1s", "1m") },
    Key { path: "notify.concurrency", kind: Kind::Whole(1, 10_000) },
    Key { path: "notify.per_endpoint", kind: Kind::Whole(1, 1_000) },
    Key { path: "notify.max_payload", kind: Kind::Size("1KiB", "4MiB") },
    Key { path: "notify.kept_answer", kind: Kind::Size("0B", "64KiB") },
    Key { path: "notify.schedule", kind: Kind::Waits },
    Key { path: "notify.disable_after", kind: Kind::Every("1h") },
    Key { path: "notify.lease", kind: Kind::Span("2s", "10m") },
    Key { path: "retention.events", kind: Kind::Keep("1d") },
    Key { path: "retention.parked", kind: Kind::Keep("1d") },
    Key { path: "retention.runs", kind: Kind::Keep("1d") },
    Key { path: "retention.notifications", kind: Kind::Keep("1d") },
    Key { path: "retention.messages", kind: Kind::Keep("1d") },
    Key { path: "retention.history", kind: Kind::Keep("1d") },
    Key { path: "retention.counters", kind: Kind::Keep("1d") },
    Key { path: "retention.audit", kind: Kind::Keep("1d") },
    Key { path: "redis.url", kind: Kind::Redis },
    Key { path: "portal.enabled", kind: Kind::Switch },
    Key { path: "portal.session", kind: Kind::Span("1m", "30d") },
    Key { path: "demo.director", kind: Kind::Web { off_when_empty: true } },
    Key { path: "demo.token", kind: Kind::Secret { off_when_empty: true } },
    Key { path: "log.level", kind: LEVELS },
    Key { path: "log.format", kind: Kind::Choice(&["auto", "text", "json"]) },
    Key { path: "telemetry.metrics", kind: Kind::Switch },
    Key { path: "telemetry.metrics_token", kind: Kind::Secret { off_when_empty: true } },
    Key { path: "telemetry.otlp_endpoint", kind: Kind::Web { off_when_empty: true } },
    Key { path: "telemetry.trace_sample", kind: Kind::Share },
];

impl Key {
    /// This key with `name` in the operator's place.
    pub(super) fn named(&self, name: &str) -> String {
        let parts: Vec<_> = self.path.split('.').map(|part| if part == NAME { name } else { part }).collect();
        parts.join(".")
    }

    /// What it takes, with its default as the example where that says more than the kind does.
    pub(super) fn expected(&self) -> String {
        let expected = self.kind.expected();
        match (self.kind, default_of(self.path)) {
            (Kind::Span(..) | Kind::Size(..) | Kind::Whole(..), Some(default)) => {
                format!("{expected}, such as {default}")
            }
            _ => expected,
        }
    }

    pub(super) fn is_per_app(&self) -> bool {
        self.path.starts_with("apps.")
    }
}

/// The key at this path, a chosen name in it allowed.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| matches(key.path, path, false))
}

/// The key whose value `path` names a file for (`database.url_file`), and its path (`database.url`).
pub(super) fn find_in_file(path: &str) -> Option<(&'static Key, &str)> {
    let base = path.strip_suffix("_file")?;
    find(base).filter(|key| key.kind.may_be_in_a_file()).map(|key| (key, base))
}

/// Whether keys live below this path.
pub(super) fn is_section(path: &str) -> bool {
    KEYS.iter().any(|key| matches(key.path, path, true))
}

fn matches(pattern: &str, path: &str, beginning: bool) -> bool {
    let (mut pattern, mut path) = (pattern.split('.'), path.split('.'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return !beginning,
            (Some(_), None) => return beginning,
            (Some(NAME), Some(_)) => {}
            (Some(wanted), Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
}

/// Whether an app may be called so: it becomes part of a URL and of a variable's name.
pub(super) fn is_app_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// What to say about a path that is no key: the nearest one, else what there is in its section.
pub(super) fn hint(path: &str) -> String {
    let near = nearest(path);
    if !near.is_empty() {
        let near: Vec<_> = near.iter().map(|path| format!("`{path}`")).collect();
        return format!("did you mean {}?", near.join(" or "));
    }
    let section = path.rsplit_once('.').map_or("", |(section, _)| section);
    if is_section(section) {
        format!("`{section}` has {}", names_in(section))
    } else {
        format!("there is {}", names_in(""))
    }
}

/// The names directly below a section, or of everything at the top, with commas.
fn names_in(section: &str) -> String {
    let depth = if section.is_empty() { 0 } else { section.split('.').count() };
    let inside = KEYS.iter().filter(|key| section.is_empty() || matches(key.path, section, true));
    let mut names: Vec<_> = inside.filter_map(|key| key.path.split('.').nth(depth)).collect();
    names.dedup();
    names.join(", ")
}

/// The keys or sections that `path` was probably meant to be: none, the one that is nearest, or all that are
/// equally so.
pub(super) fn nearest(path: &str) -> Vec<String> {
    let path = path.to_lowercase().replace('-', "_");
    // An app's name is the operator's own and never a slip.
    let (first, name) = path.split_once('.').unwrap_or((&path, NAME));
    let app = if strsim::damerau_levenshtein(first, "apps") > 1 {
        NAME
    } else {
        name.split('.').next().unwrap_or(NAME)
    };
    let mut best = (usize::MAX, Vec::new());
    for candidate in everything(app) {
        let Some(score) = slips(&path, &candidate) else { continue };
        if score < best.0 {
            best = (score, Vec::new());
        }
        if score == best.0 && !best.1.contains(&candidate) {
            best.1.push(candidate);
        }
    }
    best.1
}

/// Every key, every key's file, every section.
fn everything(app: &str) -> impl Iterator<Item = String> {
    KEYS.iter().flat_map(move |key| {
        let full = key.named(app);
        let section = full.rsplit_once('.').map(|(section, _)| section.to_owned());
        let in_file = key.kind.may_be_in_a_file().then(|| format!("{full}_file"));
        [Some(full), in_file, section].into_iter().flatten()
    })
}

/// How many slips lie between two paths; nothing when they are too many for a slip.
fn slips(path: &str, candidate: &str) -> Option<usize> {
    const WRONG_SECTION: usize = 10;
    let last = |path: &str| path.rsplit('.').next().map(str::to_owned);
    let letters = strsim::damerau_levenshtein(path, candidate);
    if letters <= (candidate.len() / 4).clamp(1, 3) {
        return Some(letters);
    }
    (last(path) == last(candidate)).then_some(WRONG_SECTION)
}

/// A key's default as TOML text.
pub(super) fn default_of(path: &str) -> Option<String> {
    static TABLE: LazyLock<toml::Table> = LazyLock::new(|| DEFAULTS.parse().unwrap_or_default());
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let below =
        |value, rest: &str| rest.split('.').try_fold(value, |value: &toml::Value, part| value.get(part));
    let value = TABLE.get(first).and_then(|value| rest.map_or(Some(value), |rest| below(value, rest)))?;
    Some(value.to_string())
}
