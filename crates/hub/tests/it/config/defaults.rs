//! The defaults file, the list of keys and the types: three places that must agree.

use super::*;
use syncline_core::notify::schedule::Schedule;

#[test]
fn the_defaults_file_says_what_the_types_hold() {
    let expected = Config {
        data_dir: PathBuf::from("syncline-data"),
        server: Server {
            listen: "127.0.0.1:8400".parse().unwrap(),
            public_url: BaseUrl::parse("http://localhost:8400").unwrap(),
            request_timeout: span("30s"),
            shutdown_grace: span("20s"),
        },
        database: Database {
            url: DatabaseUrl::Sqlite(None),
            max_connections: 16,
            acquire_timeout: span("3s"),
        },
        intake: Intake {
            log: IntakeLog::Database,
            max_body: Size::from_bytes(8 * 1024 * 1024),
            commit_timeout: span("3s"),
            queue: 8192,
            batch: 10_000,
            address_keys: None,
            kafka: Kafka {
                brokers: Brokers::default(),
                topic: "syncline.intake".to_owned(),
                group: "syncline".to_owned(),
                partitions: 12,
                replication: 1,
            },
        },
        apps: BTreeMap::new(),
        connect: Connect {
            state_ttl: span("10m"),
            refresh_before: span("5m"),
            allowed_origins: Origins::default(),
            open_routes: false,
        },
        sealing: Sealing { keys: None },
        providers: Providers {
            timeout: span("60s"),
            hubspot: place("https://api.hubapi.com", "https://app.hubspot.com"),
            notion: place("https://api.notion.com", "https://api.notion.com"),
            airtable: place("https://api.airtable.com", "https://airtable.com"),
            tentoeight: place("https://10to8.com", "https://10to8.com"),
        },
        jobs: Jobs {
            workers: 8,
            per_organization: 4,
            lease: span("60s"),
            poll: span("1s"),
            max_attempts: 12,
        },
        setup: Setup { customer_properties: true },
        load: Load {
            on_connect: true,
            every: Every::Span(span("15m")),
            full_every: Every::Span(span("7d")),
            runs: 64,
            lanes: 8,
            max_pages: 0,
            hubspot: Objects {
                types: words("companies contacts deals"),
                properties: [
                    ("companies", "name domain industry city state"),
                    ("contacts", "firstname lastname email phone company"),
                    ("deals", "dealname amount dealstage pipeline closedate"),
                ]
                .map(|(name, list)| (name.to_owned(), words(list)))
                .into(),
            },
        },
        sync: Syncs {
            on_create: true,
            every: Every::Span(span("1d")),
            workers: 64,
            calls: 8,
            fresh: span("0s"),
            deletion_delay: span("10s"),
            creation_delay: span("2s"),
            kept_plan: 10_000,
        },
        counters: counters(),
        notify: notify(),
        retention: retention(),
        redis: Redis { url: None },
        portal: Portal { enabled: true, session: span("12h") },
        demo: Demo { director: None, token: None },
        log: Log { level: LogLevel::Info, format: LogFormat::Auto },
        telemetry: Telemetry { metrics: true, metrics_token: None, otlp_endpoint: None, trace_sample: 1.0 },
    };
    let loaded = Bench::empty().good();
    assert_eq!(loaded.config, expected);
    assert_eq!(loaded.config.sqlite_path(), Some(PathBuf::from("syncline-data/syncline.db")));
    assert_eq!((loaded.warnings, loaded.file), (vec![], None));
}

fn retention() -> Retention {
    Retention {
        events: Keep::Forever,
        parked: Keep::Forever,
        runs: Keep::For(span("90d")),
        notifications: Keep::For(span("30d")),
        messages: Keep::For(span("30d")),
        history: Keep::For(span("365d")),
        counters: Keep::For(span("90d")),
        audit: Keep::Forever,
    }
}

fn counters() -> Counters {
    Counters {
        concurrency: 64,
        per_definition: 16,
        account_calls: 100,
        timeout: span("15s"),
        lease: span("30s"),
        rounds: 3,
        longest_wait: span("5m"),
        poll: span("5s"),
        truth_timeout: span("10s"),
        databases: BTreeMap::new(),
        servers: BTreeMap::new(),
    }
}

fn notify() -> Notify {
    Notify {
        allow: vec![],
        plain_http: false,
        timeout: span("15s"),
        concurrency: 512,
        per_endpoint: 32,
        max_payload: Size::from_bytes(256 * 1024),
        kept_answer: Size::from_bytes(4 * 1024),
        schedule: Schedule::default(),
        disable_after: Every::Span(span("5d")),
        lease: span("6s"),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn place(api: &str, web: &str) -> Place {
    Place { api_url: BaseUrl::parse(api).unwrap(), web_url: BaseUrl::parse(web).unwrap(), budget: 1.0 }
}

#[test]
fn the_file_the_list_of_keys_and_the_types_agree() {
    let full = uncommented(DEFAULTS);
    // Unknown fields are denied and none but an app's is optional, so this compares the file with the types.
    let config: Config = toml::from_str(&full).unwrap();
    assert!(!format!("{:?}", config.apps).contains("None"), "{:?}", config.apps);
    // And this the file with the list of keys, the order included.
    let in_file: Vec<_> = keys_and_comments(&full).into_iter().map(|(key, _)| key).collect();
    let in_list: Vec<_> = Bench::with(&full).good().settings.into_iter().map(|setting| setting.key).collect();
    assert_eq!(in_file, in_list);
}

#[test]
fn every_key_has_a_comment_directly_above_that_states_its_range() {
    for (key, comment) in keys_and_comments(&uncommented(DEFAULTS)) {
        assert!(comment.len() > 20, "{key} has no comment");
        let Err(errors) = Bench::empty().env(&variable_of(&key), "").load() else { continue };
        let text = errors.to_string().replace('"', "");
        let expected = text.split_once("expected ").unwrap().1;
        let Some((_, range)) = expected.split_once("from ").filter(|(_, rest)| rest.contains(" to ")) else {
            continue;
        };
        let range: Vec<_> = range.split([' ', ',']).take(3).collect();
        let range = format!("From {}.", range.join(" "));
        assert!(comment.contains(&range), "{key}: the comment does not say `{range}`");
    }
}

#[test]
fn the_defaults_can_be_read_as_a_file() {
    let from_file = Bench::with(DEFAULTS).good();
    assert_eq!(from_file.config, Bench::empty().good().config);
}
