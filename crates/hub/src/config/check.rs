//! What is wrong, or risky, only in combination.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keys;
use super::layer::Entry;
use super::model::{App, Config, IntakeLog, Provider};
use super::origin::Origin;
use super::problem::Problem;
use super::units::Keep;
use super::urls::DatabaseUrl;
use syncline_core::seal::{KeyRing, SealError};

type Entries = BTreeMap<String, Entry>;

/// After so long HubSpot and 10to8 hang up and send again.
const PROVIDERS_PATIENCE: Duration = Duration::from_secs(5);

/// What one call to a provider may take before it is given up.
const SLOWEST_CALL: Duration = Duration::from_secs(30);

/// For so long HubSpot's workflows try a webhook again.
const LONGEST_REDELIVERY: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Settings that cannot both be meant. Says nothing about keys in `bad`, whose real values nobody knows.
pub(super) fn contradictions(config: &Config, entries: &Entries, bad: &BTreeSet<String>) -> Vec<Problem> {
    let mut problems = unusable_keys(config, entries, bad);
    let involved = ["intake.log", "intake.kafka.brokers"];
    let kafka_without_brokers =
        config.intake.log == IntakeLog::Kafka && config.intake.kafka.brokers.is_empty();
    if !kafka_without_brokers || involved.iter().any(|key| bad.contains(*key)) {
        return problems;
    }
    let says = "is \"kafka\", but `intake.kafka.brokers` is empty; \
                expected brokers such as \"kafka-1:9092,kafka-2:9092\"";
    problems.push(Problem::about("intake.log", origin(entries, "intake.log"), says));
    problems
}

/// Sealing keys that are none. What is wrong with them is said without them.
fn unusable_keys(config: &Config, entries: &Entries, bad: &BTreeSet<String>) -> Vec<Problem> {
    const KEY: &str = "sealing.keys";
    let given = config.sealing.keys.as_ref().filter(|_| !bad.contains(KEY));
    let refused = given.and_then(|keys| KeyRing::read(keys).err());
    let says = |error: SealError| format!("cannot be used (not shown here): {error}");
    refused.map(|error| Problem::about(KEY, origin(entries, KEY), says(error))).into_iter().collect()
}

/// Keys in a file belong to one machine; a database server may have several.
fn sealing(config: &Config) -> Option<String> {
    let apart = !matches!(config.database.url, DatabaseUrl::Sqlite(_)) && config.sealing.keys.is_none();
    apart.then(|| {
        "sealing.keys is not set, so credentials are sealed with the file sealing.keys in data_dir; processes on other machines \
         need the same keys: set sealing.keys_file to a file they share"
            .to_owned()
    })
}

/// The same of the key that proves webhook addresses: whoever makes them and whoever checks them need the same.
fn addresses(config: &Config) -> Option<String> {
    let proven = |app: &App| matches!(app.provider, Provider::Airtable | Provider::Tentoeight);
    let apart =
        !matches!(config.database.url, DatabaseUrl::Sqlite(_)) && config.intake.address_keys.is_none();
    (apart && config.apps.values().any(proven)).then(|| {
        "intake.address_keys is not set, so webhook addresses for Airtable and 10to8 are proven with the file webhooks.key in \
         data_dir; processes on other machines need the same key: set intake.address_keys_file to a file they share"
            .to_owned()
    })
}

/// What a program may claim opens nothing by itself, but this does.
fn open_routes(config: &Config) -> Option<String> {
    let open = config.connect.open_routes && config.connect.allowed_origins.iter().next().is_some();
    open.then(|| {
        "connect.open_routes is on: everybody who can reach this server may name any organization at /integrations/… and read the \
         records of its connections; connect tokens need no open routes"
            .to_owned()
    })
}

/// What works but is probably not what is wanted, each with what to do about it.
pub(super) fn warnings(config: &Config, entries: &Entries) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(server(config));
    warnings.extend(intake(config, entries));
    warnings.extend(config.apps.iter().flat_map(|(name, app)| one_app(name, app)));
    warnings.extend(sealing(config));
    warnings.extend(addresses(config));
    warnings.extend(open_routes(config));
    warnings.extend(background(config));
    warnings.extend(telling(config));
    warnings.extend(exposed_secrets(entries));
    warnings
}

fn server(config: &Config) -> impl Iterator<Item = String> {
    let url = &config.server.public_url;
    let open = !config.server.listen.ip().is_loopback();
    let plain = (!url.is_https() && !url.is_loopback()).then(|| {
        format!(
            "server.public_url is {url}: webhooks and logins cross the network unencrypted; use an https URL"
        )
    });
    let unreachable = (open && url.is_loopback()).then(|| {
        format!(
            "server.listen is {}, but server.public_url is {url}, which only this machine can reach; \
             providers cannot call it, and webhooks sent to any other URL fail their signature check",
            config.server.listen
        )
    });
    let metrics = &config.telemetry;
    let reachable = open || !url.is_loopback();
    let readable = (reachable && metrics.metrics && metrics.metrics_token.is_none()).then(|| {
        "/metrics can be read by whoever reaches this server; \
         set telemetry.metrics_token, or telemetry.metrics = false"
            .to_owned()
    });
    let demo = (config.demo.token.is_some() && reachable).then(|| {
        "demo.token is set, and whoever has it can sign in to the portal; it is for `syncline demo` on one machine alone"
            .to_owned()
    });
    [plain, unreachable, readable, demo].into_iter().flatten()
}

fn intake(config: &Config, entries: &Entries) -> impl Iterator<Item = String> {
    let intake = &config.intake;
    let slow = (intake.commit_timeout.get() >= PROVIDERS_PATIENCE).then(|| {
        format!(
            "intake.commit_timeout is {}, but HubSpot and 10to8 hang up after 5s and send the webhook again; \
             stay below",
            intake.commit_timeout
        )
    });
    let cut_off = (intake.commit_timeout > config.server.request_timeout).then(|| {
        format!(
            "intake.commit_timeout ({}) never happens: server.request_timeout ({}) is over first",
            intake.commit_timeout, config.server.request_timeout
        )
    });
    let one_copy = (intake.log == IntakeLog::Kafka && intake.kafka.replication == 1 && intake.kafka.brokers.len() > 1)
        .then(|| {
            "intake.kafka.replication is 1 although there are several brokers: losing one disk loses webhooks; use 3"
                .to_owned()
        });
    let set = entries
        .iter()
        .find(|(key, entry)| key.starts_with("intake.kafka.") && entry.origin != Origin::Default);
    let unused = set.filter(|_| intake.log == IntakeLog::Database).map(|(key, entry)| {
        format!("`{key}` {} has no effect while intake.log is \"database\"", entry.origin.phrase())
    });
    [slow, cut_off, one_copy, unused].into_iter().flatten()
}

fn one_app(name: &str, app: &App) -> impl Iterator<Item = String> + use<> {
    let missing = app.client_secret.is_none();
    let lost = match app.provider {
        Provider::Hubspot => Some("its webhooks are refused, since their signatures cannot be checked"),
        Provider::Notion | Provider::Airtable => Some("nobody can connect an account through it"),
        // 10to8 has keys of its customers' accounts and no registrations.
        Provider::Tentoeight => None,
    };
    let lacking = lost.filter(|_| missing).map(|lost| {
        let key = format!("apps.{name}.client_secret");
        format!("{key} is not set: {lost}; set it, {key}_file or {}", super::variable_of(&key))
    });
    let same = app.client_secret.is_some() && app.client_secret == app.previous_client_secret;
    let useless = same.then(|| {
        format!("apps.{name}.previous_client_secret is the same as client_secret; take it out, the rotation is over")
    });
    let alone = (missing && app.previous_client_secret.is_some()).then(|| {
        format!(
            "apps.{name}.previous_client_secret is set without client_secret; was the new secret forgotten?"
        )
    });
    [lacking, useless, alone].into_iter().flatten()
}

fn background(config: &Config) -> impl Iterator<Item = String> {
    let jobs = &config.jobs;
    let short = (jobs.lease.get() <= SLOWEST_CALL).then(|| {
        format!(
            "jobs.lease is {}: one slow call to a provider takes up to 30s, so a job may be done twice",
            jobs.lease
        )
    });
    let idle = (jobs.per_organization > jobs.workers).then(|| {
        format!(
            "jobs.per_organization ({}) is more than jobs.workers ({})",
            jobs.per_organization, jobs.workers
        )
    });
    let on_a_server = !matches!(config.database.url, DatabaseUrl::Sqlite(_));
    let connections = usize::try_from(config.database.max_connections).unwrap_or(usize::MAX);
    let starved = (on_a_server && connections < jobs.workers).then(|| {
        format!(
            "database.max_connections ({connections}) is less than jobs.workers ({}): workers wait",
            jobs.workers
        )
    });
    let forgetful = match config.retention.events {
        Keep::For(age) if age.get() < LONGEST_REDELIVERY => Some(format!(
            "retention.events is {age}: HubSpot's workflows send again for up to 3d, \
             and what comes back after its event was deleted is taken as new"
        )),
        _ => None,
    };
    [short, idle, starved, forgetful].into_iter().flatten()
}

/// What arrived at no attempt is to be seen for a while, and sent again.
fn telling(config: &Config) -> Option<String> {
    let (Keep::For(age), span) = (config.retention.messages, config.notify.schedule.span()) else {
        return None;
    };
    (age.get() < span).then(|| {
        format!(
            "retention.messages is {age}, but notify.schedule takes {}h: a message that arrives at no attempt is deleted within an hour \
             of the last one, before anybody sees why or sends it again; keep messages for longer",
            span.as_secs().div_ceil(3_600)
        )
    })
}

/// Secrets where others on the machine can see them.
fn exposed_secrets(entries: &Entries) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    for (key, entry) in entries {
        let secret = keys::find(key).is_some_and(|known| known.kind.is_secret(&entry.value));
        if secret && entry.value.as_str().is_some_and(|text| text.trim() != text) {
            let place = entry.origin.phrase();
            warnings.push(format!(
                "`{key}` {place} begins or ends with white space; was more copied than the secret?"
            ));
        }
        if secret {
            files.extend(entry.own_file.clone());
        }
        match &entry.origin {
            Origin::Flag(flag) if secret && entry.own_file.is_none() => warnings.push(format!(
                "`{key}` from {flag} is a secret that everyone on this machine sees in the process list; \
                 use {key}_file or {}",
                super::variable_of(key)
            )),
            Origin::File { path, .. } if secret && entry.own_file.is_none() => {
                files.insert(path.clone());
            }
            _ => {}
        }
    }
    let readable = files.into_iter().filter(|path| is_readable_by_all(path)).map(|path| {
        let path = path.display();
        format!("{path} holds secrets and can be read by every user of this machine; run chmod 600 {path}")
    });
    warnings.extend(readable);
    warnings
}

#[cfg(unix)]
fn is_readable_by_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_readable_by_all(_path: &Path) -> bool {
    false
}

fn origin(entries: &Entries, key: &str) -> Origin {
    entries.get(key).map_or(Origin::Default, |entry| entry.origin.clone())
}
