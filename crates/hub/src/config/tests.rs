//! The configuration from outside. Compiled into the hub's one test binary (`tests/it`): only its public face is used.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use syncline_hub::config::{
    self, App, BaseUrl, Brokers, Config, ConfigErrors, DEFAULTS, Database, DatabaseUrl, Flag, Intake,
    IntakeLog, Jobs, Kafka, Keep, Loaded, Log, LogFormat, LogLevel, Origin, Portal, Provider, Redis,
    Retention, Server, Size, Sources, Span, Starter, StarterApp, Telemetry, WriteError, load, render,
    starter, to_json, variable_of, without_password, write_new,
};

/// A directory of its own with a `syncline.toml`, and what to load with it.
struct Bench {
    dir: tempfile::TempDir,
    sources: Sources,
}

impl Bench {
    fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let sources = Sources { here: dir.path().to_owned(), ..Sources::default() };
        Self { dir, sources }
    }

    fn with(text: &str) -> Self {
        let bench = Self::empty();
        bench.write("syncline.toml", text);
        bench
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("a file");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("a private file");
        path.to_str().expect("a plain path").to_owned()
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.sources.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn set(mut self, text: &str) -> Self {
        self.sources.flags.push(Flag::set(text).expect("key and value"));
        self
    }

    fn load(&self) -> Result<Loaded, ConfigErrors> {
        load(&self.sources)
    }

    fn good(&self) -> Loaded {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// What is wrong, with the directory's name left out.
    fn problems(&self) -> Vec<String> {
        let errors = self.load().expect_err("nothing is wrong");
        errors.problems().iter().map(|problem| self.short(&problem.text)).collect()
    }

    fn short(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.dir.path().display()), "")
    }

    fn origin_of(&self, key: &str) -> String {
        let loaded = self.good();
        let setting = loaded.settings.iter().find(|setting| setting.key == key).expect("a key");
        self.short(&setting.origin.to_string())
    }
}

fn check(text: &str, expected: &[&str]) {
    assert_eq!(Bench::with(text).problems(), expected, "in\n{text}");
}

fn check_env(name: &str, value: &str, expected: &[&str]) {
    assert_eq!(Bench::empty().env(name, value).problems(), expected);
}

fn span(text: &str) -> Span {
    Span::parse(text).expect("a span")
}

/// The file with the settings that are only shown as examples in force.
fn uncommented(text: &str) -> String {
    let in_force = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[') => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(in_force).collect::<Vec<_>>().join("\n").replace("apps.NAME", "apps.name")
}

/// Every key in a file, in its order, with the comment lines directly above it.
fn keys_and_comments(text: &str) -> Vec<(String, String)> {
    let (mut section, mut comment, mut found) = (String::new(), String::new(), Vec::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            found.push((format!("{section}{key}"), comment.clone()));
        }
        comment = if line.starts_with('#') { format!("{comment}{line}\n") } else { String::new() };
    }
    found
}

mod defaults {
    use super::*;

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
                batch: 2000,
                kafka: Kafka {
                    brokers: Brokers::default(),
                    topic: "syncline.intake".to_owned(),
                    group: "syncline".to_owned(),
                    partitions: 12,
                    replication: 1,
                },
            },
            apps: BTreeMap::new(),
            jobs: Jobs {
                workers: 8,
                per_organization: 4,
                lease: span("60s"),
                poll: span("1s"),
                max_attempts: 12,
            },
            retention: Retention { events: Keep::Forever, parked: Keep::Forever },
            redis: Redis { url: None },
            portal: Portal { enabled: true, session: span("12h") },
            log: Log { level: LogLevel::Info, format: LogFormat::Auto },
            telemetry: Telemetry {
                metrics: true,
                metrics_token: None,
                otlp_endpoint: None,
                trace_sample: 1.0,
            },
        };
        let loaded = Bench::empty().good();
        assert_eq!(loaded.config, expected);
        assert_eq!(loaded.config.sqlite_path(), Some(PathBuf::from("syncline-data/syncline.db")));
        assert_eq!((loaded.warnings, loaded.file), (vec![], None));
    }

    #[test]
    fn the_file_the_list_of_keys_and_the_types_agree() {
        let full = uncommented(DEFAULTS);
        // Unknown fields are denied and none but an app's is optional, so this compares the file with the types.
        let config: Config = toml::from_str(&full).unwrap();
        assert!(!format!("{:?}", config.apps).contains("None"), "{:?}", config.apps);
        // And this the file with the list of keys, the order included.
        let in_file: Vec<_> = keys_and_comments(&full).into_iter().map(|(key, _)| key).collect();
        let in_list: Vec<_> =
            Bench::with(&full).good().settings.into_iter().map(|setting| setting.key).collect();
        assert_eq!(in_file, in_list);
    }

    #[test]
    fn every_key_has_a_comment_directly_above_that_states_its_range() {
        for (key, comment) in keys_and_comments(&uncommented(DEFAULTS)) {
            assert!(comment.len() > 20, "{key} has no comment");
            let Err(errors) = Bench::empty().env(&variable_of(&key), "").load() else { continue };
            let text = errors.to_string().replace('"', "");
            let expected = text.split_once("expected ").unwrap().1;
            let Some((_, range)) = expected.split_once("from ").filter(|(_, rest)| rest.contains(" to "))
            else {
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
}

mod mistakes_in_a_file {
    use super::*;

    #[test]
    fn a_misspelt_key_is_refused_with_its_place_and_the_nearest() {
        check(
            "\n[database]\nulr = \"x\"",
            &["unknown key `database.ulr` at syncline.toml:3:1; did you mean `database.url`?"],
        );
        check(
            "[databse]\nurl = \"x\"\nmore = 1",
            &["unknown key `databse` at syncline.toml:1:2; did you mean `database`?"],
        );
        check(
            "[server]\nmax_body = \"1MiB\"",
            &["unknown key `server.max_body` at syncline.toml:2:1; did you mean `intake.max_body`?"],
        );
        check(
            "url = \"sqlite\"",
            &["unknown key `url` at syncline.toml:1:1; did you mean `database.url` or `redis.url`?"],
        );
        check(
            "  server.Public-URL = \"x\"",
            &["unknown key `server.Public-URL` at syncline.toml:1:10; did you mean `server.public_url`?"],
        );
        check(
            "[apps.eu]\nprovider = \"hubspot\"\nclient_secert = \"x\"\nsecret_fil=1",
            &[
                "unknown key `apps.eu.client_secert` at syncline.toml:3:1; did you mean `apps.eu.client_secret`?",
                "unknown key `apps.eu.secret_fil` at syncline.toml:4:1; `apps.eu` has provider, client_id, client_secret, \
             previous_client_secret, app_id",
            ],
        );
    }

    #[test]
    fn a_key_nothing_resembles_is_answered_with_what_there_is() {
        check(
            "[server]\nport = 8400",
            &["unknown key `server.port` at syncline.toml:2:1; `server` has listen, \
             public_url, request_timeout, shutdown_grace"],
        );
        check(
            "\"a.b\" = \"x\"",
            &["unknown key `\"a.b\"` at syncline.toml:1:1; there is data_dir, server, database, \
             intake, apps, jobs, retention, redis, portal, log, telemetry"],
        );
        check(
            "\"server.listen\" = \"x\"",
            &["unknown key `\"server.listen\"` at syncline.toml:1:1; did you mean `server.listen`?"],
        );
    }

    #[test]
    fn a_bad_value_is_refused_with_what_it_is_and_what_it_should_be() {
        check(
            "server.request_timeout = 30",
            &["`server.request_timeout` at syncline.toml:1:26 is 30; expected a \
             duration with its unit (ms, s, m, h, d), from \"100ms\" to \"1h\", such as \"30s\""],
        );
        check(
            "portal.session = \"1s\"",
            &["`portal.session` at syncline.toml:1:18 is \"1s\"; expected a duration with \
             its unit (ms, s, m, h, d), from \"1m\" to \"30d\", such as \"12h\""],
        );
        check(
            "intake.max_body = \"8 megs\"",
            &["`intake.max_body` at syncline.toml:1:19 is \"8 megs\"; expected a size \
             with its unit (B, KiB, MiB, GiB), from \"1KiB\" to \"1GiB\", such as \"8MiB\""],
        );
        check(
            "[jobs]\nworkers = \"8\"",
            &["`jobs.workers` at syncline.toml:2:11 is \"8\"; expected a whole number from \
             1 to 1024, without quotes, such as 8"],
        );
        check(
            "log.level = \"loud\"",
            &["`log.level` at syncline.toml:1:13 is \"loud\"; expected one of \"error\", \
             \"warn\", \"info\", \"debug\", \"trace\""],
        );
        check(
            "server.listen = \"localhost\"",
            &["`server.listen` at syncline.toml:1:17 is \"localhost\"; expected an IP \
             address and a port, such as \"127.0.0.1:8400\", \"0.0.0.0:8400\" or \"[::]:8400\""],
        );
        check(
            "retention.events = \"1h\"",
            &["`retention.events` at syncline.toml:1:20 is \"1h\"; expected \"forever\", \
             or an age such as \"365d\", which must be \"1d\" or more"],
        );
        check(
            "portal.enabled = \"yes\"",
            &["`portal.enabled` at syncline.toml:1:18 is \"yes\"; expected true or false, \
             without quotes"],
        );
    }

    #[test]
    fn odd_values_are_refused_in_words() {
        let expected = "expected a whole number from 1 to 1024, without quotes, such as 8";
        for (value, what) in [
            ("[8]", "an array"),
            ("{ a = 1 }", "a table"),
            ("2026-01-01", "a date or time"),
            ("99999999999999999999", "a number too large for anything"),
            ("0", "0"),
            ("8.5", "8.5"),
            ("true", "true"),
        ] {
            let text = format!("`jobs.workers` at syncline.toml:1:16 is {what}; {expected}");
            check(&format!("jobs.workers = {value}"), &[&text]);
        }
        let sample = "expected a number from 0.0 to 1.0, such as 0.1, without quotes";
        check(
            "telemetry.trace_sample = nan",
            &[&format!("`telemetry.trace_sample` at syncline.toml:1:26 is NaN; {sample}")],
        );
        assert_eq!(Bench::with("telemetry.trace_sample = 0").good().config.telemetry.trace_sample, 0.0);
    }

    #[test]
    fn a_section_that_is_no_section_is_refused() {
        check(
            "database = \"sqlite\"",
            &["`database` at syncline.toml:1:1 is a text, but it is a section: write \
             [database] and its keys below"],
        );
        check(
            "[[jobs]]\nworkers = 1",
            &["`jobs` at syncline.toml:1:3 is an array, but it is a section: write [jobs] and \
             its keys below"],
        );
        check(
            "apps.provider = \"hubspot\"",
            &["`apps.provider` at syncline.toml:1:6 is a text, but it is a section: \
             write [apps.provider] and its keys below"],
        );
    }

    #[test]
    fn all_problems_are_reported_at_once_in_the_order_of_the_lines() {
        let text = "[server]\nlisten = 127.0.0.1\nlisten_on = 3\n\n\
                    [jobs]\nlease = 60\nworkers = 0\nworkers = 1\n[log]\nlevel = 7\n";
        let bench = Bench::with(text).env("SYNCLINE_REDIS_URL", "x").set("log.levle=info");
        let problems = bench.problems();
        let starts = [
            "not TOML at syncline.toml:2:15: invalid float; is it a text without quotes?",
            "unknown key `server.listen_on` at syncline.toml:3:1",
            "`jobs.lease` at syncline.toml:6:9 is 60",
            "`jobs.workers` at syncline.toml:7:11 is 0",
            "not TOML at syncline.toml:8:1: duplicate key",
            "`log.level` at syncline.toml:10:9 is 7",
            "unknown environment variable SYNCLINE_REDIS_URL; did you mean SYNCLINE_REDIS__URL?",
            "unknown key `log.levle` from --set; did you mean `log.level`?",
        ];
        assert_eq!(problems.len(), starts.len(), "{problems:#?}");
        for (problem, start) in problems.iter().zip(starts) {
            assert!(problem.starts_with(start), "{problem}\n{start}");
        }
        let shown = bench.load().unwrap_err().to_string();
        assert!(shown.starts_with("the configuration has 8 problems:\n  - not TOML at "), "{shown}");
    }

    #[test]
    fn what_stands_below_a_broken_head_is_not_taken_for_something_else() {
        check(
            "[jobs\nlease = \"60\"\nworkers = 1\n\n[redis]\nulr = \"x\"",
            &[
                "not TOML at syncline.toml:1:6: unclosed table, expected `]`",
                "unknown key `redis.ulr` at syncline.toml:6:1; did you mean `redis.url`?",
            ],
        );
    }

    #[test]
    fn columns_count_characters() {
        check(
            "log = { level = \"info\", föo = 1 }",
            &["not TOML at syncline.toml:1:26: invalid unquoted key, expected \
             letters, numbers, `-`, `_`"],
        );
        check(
            "log = { \"ä\" = 1, levl = 2 }",
            &[
                "unknown key `log.\"ä\"` at syncline.toml:1:9; `log` has level, format",
                "unknown key `log.levl` at syncline.toml:1:18; did you mean `log.level`?",
            ],
        );
    }

    #[test]
    fn an_app_needs_a_provider_and_a_name_that_fits_a_url() {
        let providers = "expected one of \"hubspot\", \"notion\", \"airtable\", \"tentoeight\"";
        check(
            "[apps.main]\nclient_id = \"x\"",
            &[&format!("`apps.main` at syncline.toml:1:7 has no `provider`; {providers}")],
        );
        check(
            "[apps.main]\nprovider = \"hubspt\"",
            &[&format!("`apps.main.provider` at syncline.toml:2:12 is \"hubspt\"; {providers}")],
        );
        // What cannot be read may well have been the provider.
        assert_eq!(Bench::with("[apps.main]\nprovider hubspot\n").problems().len(), 1);
        let name = "cannot be an app's name; use lower-case letters, digits and dashes, at most 64";
        check(
            "[apps.My_App]\nprovider = \"hubspot\"",
            &[&format!("`apps.My_App` at syncline.toml:1:7 {name}")],
        );
        check(
            "[apps.\"a.b\"]\nprovider = \"hubspot\"",
            &[&format!("`apps.\"a.b\"` at syncline.toml:1:7 {name}")],
        );
    }

    #[test]
    fn kafka_wants_brokers() {
        check(
            "[intake]\nlog = \"kafka\"",
            &["`intake.log` at syncline.toml:2:1 is \"kafka\", but `intake.kafka.brokers` \
             is empty; expected brokers such as \"kafka-1:9092,kafka-2:9092\""],
        );
        // A list that was refused is not empty.
        check(
            "[intake]\nlog = \"kafka\"\nkafka.brokers = \"kafka-1\"",
            &["`intake.kafka.brokers` at syncline.toml:3:17 is \
             \"kafka-1\"; expected brokers with commas between them, such as \"kafka-1:9092,kafka-2:9092\""],
        );
        let loaded =
            Bench::with("[intake]\nlog = \"kafka\"\nkafka.brokers = \"a:1, b:2\"\nkafka.replication = 2")
                .good();
        assert_eq!(loaded.config.intake.kafka.brokers.to_string(), "a:1,b:2");
        assert_eq!(loaded.warnings, [] as [&str; 0]);
    }

    #[test]
    fn an_empty_secret_is_refused_and_a_missing_one_only_warned_about() {
        check(
            "[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"\"",
            &["`apps.main.client_secret` at \
             syncline.toml:3:17 is empty; expected a text in quotes that is not empty; leave the key out while there is \
             none"],
        );
        let loaded = Bench::with("[apps.main]\nprovider = \"hubspot\"").good();
        assert_eq!(
            loaded.warnings,
            ["apps.main.client_secret is not set: its webhooks are refused, since their \
             signatures cannot be checked; set it, apps.main.client_secret_file or \
             SYNCLINE_APPS__MAIN__CLIENT_SECRET"]
        );
    }

    #[test]
    fn a_file_that_cannot_be_read_says_why() {
        let mut bench = Bench::empty().env("SYNCLINE_APPS__MAIN__CLIENT_ID", "x");
        bench.sources.file = Some(bench.dir.path().join("nowhere.toml"));
        assert_eq!(
            bench.problems(),
            ["there is no configuration file nowhere.toml; `syncline init` writes one"]
        );
        bench.sources.file = Some(bench.dir.path().to_owned());
        assert!(bench.problems()[0].starts_with("cannot read the configuration file "));
        fs::write(bench.dir.path().join("syncline.toml"), b"data_dir = \"\xff\"").unwrap();
        bench.sources.file = None;
        assert_eq!(bench.problems(), ["the configuration file syncline.toml is not UTF-8 text"]);
    }
}

mod layers {
    use super::*;

    #[test]
    fn each_layer_wins_over_the_one_before_and_is_named_as_the_origin() {
        let key = "database.max_connections";
        assert_eq!(Bench::empty().origin_of(key), "default");
        let file = || Bench::with("[database]\n\nmax_connections = 2");
        assert_eq!(file().good().config.database.max_connections, 2);
        assert_eq!(file().origin_of(key), "syncline.toml:3");
        let env = || file().env("SYNCLINE_DATABASE__MAX_CONNECTIONS", "3");
        assert_eq!(env().good().config.database.max_connections, 3);
        assert_eq!(env().origin_of(key), "SYNCLINE_DATABASE__MAX_CONNECTIONS");
        let flag = || env().set("database.max_connections=4").set("database.max_connections=5");
        assert_eq!(flag().good().config.database.max_connections, 5);
        assert_eq!(flag().origin_of(key), "--set");
        let mut direct = flag();
        direct.sources.flags.push(Flag::new("--connections", key, "6"));
        assert_eq!(direct.origin_of(key), "--connections");
        let loaded = direct.good();
        let origin = &loaded.settings.iter().find(|setting| setting.key == key).unwrap().origin;
        assert_eq!(*origin, Origin::Flag("--connections".to_owned()));
    }

    #[test]
    fn the_file_is_the_one_of_the_flag_else_of_the_variable_else_the_usual_one() {
        let mut bench = Bench::with("log.level = \"warn\"");
        let by_variable = bench.write("by-variable.toml", "log.level = \"debug\"");
        let by_flag = bench.write("by-flag.toml", "log.level = \"trace\"");
        assert_eq!(bench.good().config.log.level, LogLevel::Warn);
        assert_eq!(bench.good().file, Some(bench.dir.path().join("syncline.toml")));
        bench = bench.env("SYNCLINE_CONFIG", "");
        assert_eq!(bench.good().config.log.level, LogLevel::Warn);
        bench.sources.env = vec![("SYNCLINE_CONFIG".to_owned(), by_variable)];
        assert_eq!(bench.good().config.log.level, LogLevel::Debug);
        bench.sources.file = Some(PathBuf::from(by_flag));
        assert_eq!(bench.good().config.log.level, LogLevel::Trace);
    }

    #[test]
    fn text_from_variables_and_flags_is_read_as_the_key_wants_it() {
        let bench = Bench::empty()
            .env("SYNCLINE_DATA_DIR", "/srv")
            .env("SYNCLINE_PORTAL__ENABLED", "false")
            .env("SYNCLINE_JOBS__WORKERS", "1")
            .env("SYNCLINE_TELEMETRY__TRACE_SAMPLE", "0.5")
            .set("server.listen=[::1]:80")
            .set("apps.my-app.provider=notion")
            .env("SYNCLINE_APPS__MY_APP__CLIENT_ID", "123");
        let config = bench.good().config;
        assert_eq!((config.data_dir, config.portal.enabled), (PathBuf::from("/srv"), false));
        assert_eq!((config.jobs.workers, config.telemetry.trace_sample), (1, 0.5));
        assert_eq!(config.server.listen.port(), 80);
        let app = &config.apps["my-app"];
        assert_eq!((app.provider, app.client_id.as_deref()), (Provider::Notion, Some("123")));
        assert_eq!(
            Flag::set("hunter2"),
            Err("--set wants KEY=VALUE, such as --set database.url=sqlite".to_owned())
        );
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_nearest() {
        check_env(
            "SYNCLINE_DATABASE_URL",
            "x",
            &["unknown environment variable SYNCLINE_DATABASE_URL; did you mean SYNCLINE_DATABASE__URL?"],
        );
        check_env(
            "SYNCLINE_Database__Url",
            "x",
            &["unknown environment variable SYNCLINE_Database__Url; did you mean SYNCLINE_DATABASE__URL?"],
        );
        check_env(
            "SYNCLINE_APPS__MAIN__SECRET_FILE",
            "x",
            &[
                "unknown environment variable SYNCLINE_APPS__MAIN__SECRET_FILE; `syncline config defaults` lists every key",
            ],
        );
        check_env(
            "SYNCLINE_PORT",
            "8400",
            &["unknown environment variable SYNCLINE_PORT; `syncline config defaults` lists every key"],
        );
        check_env(
            "SYNCLINE_JOBS__WORKERS",
            "many",
            &["`jobs.workers` from SYNCLINE_JOBS__WORKERS is \"many\"; expected a \
             whole number from 1 to 1024, without quotes, such as 8"],
        );
    }

    #[test]
    fn variables_that_are_not_ours_to_read_are_left_alone() {
        let mut bench = Bench::empty();
        for (name, value) in [
            ("SYNCLINE_SERVER", "http://x"),
            ("SYNCLINE_API_KEY", "k"),
            ("SYNCLINE_LOG", "debug"),
            ("SYNCLINE_TEST_POSTGRES", "postgres://x"),
            ("SYNCLINE_SERVICE_HOST", "10.0.0.1"),
            ("SYNCLINE_SERVICE_PORT_HTTP", "8400"),
            ("SYNCLINE_PORT", "tcp://10.0.0.1:8400"),
            ("SYNCLINE_PORT_8400_TCP_ADDR", "10.0.0.1"),
            ("SYNCLINE_API_SERVICE_PORT", "1"),
            ("SYNCLINEX", "1"),
            ("PATH", "/bin"),
        ] {
            bench = bench.env(name, value);
        }
        assert!(bench.good().settings.iter().all(|setting| !setting.is_changed()));
    }

    #[test]
    fn a_secret_may_be_in_a_file_of_its_own() {
        let bench = Bench::empty();
        let secret = bench.write("secret", "s3cret with spaces \r\n\n");
        let url = bench.write("url", "postgres://u:pw@h/d\n");
        bench.write("syncline.toml", &format!(
            "[apps.main]\nprovider = \"hubspot\"\nclient_secret_file = {secret:?}\n[database]\nurl_file = {url:?}"
        ));
        let bench = bench.env("SYNCLINE_APPS__MAIN__PREVIOUS_CLIENT_SECRET_FILE", &secret);
        let loaded = bench.good();
        let app = &loaded.config.apps["main"];
        assert_eq!(
            app.secrets().map(|secret| secret.expose()).collect::<Vec<_>>(),
            ["s3cret with spaces "; 2]
        );
        assert!(
            matches!(&loaded.config.database.url, DatabaseUrl::Postgres(url) if url.expose() == "postgres://u:pw@h/d")
        );
        assert_eq!(bench.origin_of("apps.main.client_secret"), "syncline.toml:3");
        assert_eq!(
            bench.origin_of("apps.main.previous_client_secret"),
            "SYNCLINE_APPS__MAIN__PREVIOUS_CLIENT_SECRET_FILE"
        );
    }

    #[test]
    fn a_secret_file_wins_over_a_lower_layer_and_fights_its_own() {
        let text = "[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"below\"\n";
        let bench = Bench::with(text);
        let path = bench.write("secret", "above");
        let bench = bench.env("SYNCLINE_APPS__MAIN__CLIENT_SECRET_FILE", &path);
        assert_eq!(bench.good().config.apps["main"].client_secret.as_ref().unwrap().expose(), "above");
        let bench = bench.env("SYNCLINE_APPS__MAIN__CLIENT_SECRET", "too");
        assert_eq!(
            bench.problems(),
            ["`apps.main.client_secret` from SYNCLINE_APPS__MAIN__CLIENT_SECRET is given once \
             more from SYNCLINE_APPS__MAIN__CLIENT_SECRET_FILE, once directly and once by file; keep one"]
        );
    }

    #[test]
    fn a_secret_file_that_is_no_good_says_why() {
        let bench = Bench::empty();
        let (empty, huge) = (bench.write("empty", "\n"), bench.write("huge", &"x".repeat(70_000)));
        let name = "SYNCLINE_TELEMETRY__METRICS_TOKEN_FILE";
        let start = format!("`telemetry.metrics_token_file` from {name}");
        for (value, says) in [
            (empty.as_str(), "names \"EMPTY\", which is empty".replace("EMPTY", &empty)),
            (huge.as_str(), "names \"HUGE\", which is larger than 64 KiB".replace("HUGE", &huge)),
            ("/no/such", "names \"/no/such\", which cannot be read: No such file or directory (os error 2)".to_owned()),
            (
                "hunter2",
                "names a file (not shown here; a path from / or ./ would be), which cannot be read: No such file or \
                 directory (os error 2)"
                    .to_owned(),
            ),
            ("", "is not a path; expected one in quotes, such as \"/run/secrets/syncline\"".to_owned()),
        ] {
            check_env(name, value, &[&format!("{start} {says}")]);
        }
    }
}

mod warnings {
    use super::*;

    fn check(text: &str, starts: &[&str]) {
        let warnings = Bench::with(text).good().warnings;
        assert_eq!(warnings.len(), starts.len(), "{warnings:#?}");
        for (warning, start) in warnings.iter().zip(starts) {
            assert!(warning.starts_with(start), "{warning}");
        }
    }

    #[test]
    fn risky_combinations_are_pointed_out() {
        check(
            "server.public_url = \"http://sync.example.com\"\ntelemetry.metrics = false",
            &["server.public_url is http://sync.example.com: "],
        );
        check(
            "server.listen = \"0.0.0.0:8400\"",
            &[
                "server.listen is 0.0.0.0:8400, but server.public_url is http://localhost:8400, ",
                "/metrics can be read by whoever ",
            ],
        );
        check(
            "server.listen = \"[::]:8400\"\nserver.public_url = \"https://x.example\"\ntelemetry.metrics_token = \"t\"",
            &[],
        );
        check(
            "intake.commit_timeout = \"40s\"",
            &[
                "intake.commit_timeout is 40s, but HubSpot and 10to8 ",
                "intake.commit_timeout (40s) never happens: ",
            ],
        );
        check("intake.kafka.topic = \"x\"", &["`intake.kafka.topic` at "]);
        check(
            "intake.log = \"kafka\"\nintake.kafka.brokers = \"a:1,b:1\"",
            &["intake.kafka.replication is 1 although "],
        );
        check(
            "jobs.lease = \"30s\"\njobs.workers = 3",
            &["jobs.lease is 30s: ", "jobs.per_organization (4) is more "],
        );
        check("database.max_connections = 4", &[]);
        check(
            "database.max_connections = 4\ndatabase.url = \"mysql://h/d\"",
            &["database.max_connections (4) is less "],
        );
        check("retention.events = \"2d\"", &["retention.events is 2d: "]);
    }

    #[test]
    fn secrets_that_others_can_see_are_pointed_out() {
        let text = "[apps.main]\nprovider = \"hubspot\"\n\
                    client_secret = \"canary \"\nprevious_client_secret = \"canary \"";
        check(
            text,
            &[
                "apps.main.previous_client_secret is the same as client_secret",
                "`apps.main.client_secret` at ",
                "`apps.main.previous_client_secret` at ",
            ],
        );
        let bench = Bench::with("telemetry.metrics_token = \"canary\"").set("redis.url=redis://:canary@h");
        let path = bench.dir.path().join("syncline.toml");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(
            bench.good().warnings.iter().map(|text| bench.short(text)).collect::<Vec<_>>(),
            [
                "`redis.url` from --set is a secret that everyone on this machine sees in the process list; use redis.url_file \
             or SYNCLINE_REDIS__URL",
                "syncline.toml holds secrets and can be read by every user of this machine; run chmod 600 syncline.toml",
            ]
        );
    }
}

mod secrets {
    use super::*;

    const CANARY: &str = "cAnArY";

    /// Keys that hold secrets, with values good and bad that contain one.
    const PLANTS: [(&str, &str); 15] = [
        ("apps.main.client_secret", "cAnArY"),
        ("apps.main.client_secret", " cAnArY"),
        ("apps.main.previous_client_secret", "cAnArY"),
        ("telemetry.metrics_token", "cAnArY"),
        ("database.url", "postgres://user:cAnArY@host/name"),
        ("database.url", "postgres://user:cAn@rY/cAnArY?cAnArY@host/name"),
        ("database.url", "mysql://host/name?password=cAnArY&sslmode=cAnArY@x"),
        ("database.url", "postgres://host/name?sslpassword=cAnArY"),
        ("database.url", "oracle://user:cAnArY@host"),
        ("database.url", "user:cAnArY@host"),
        ("redis.url", "redis://:cAnArY@host"),
        ("redis.url", "redis://cAnArY@host"),
        ("redis.url", "cAnArY"),
        ("server.public_url", "https://user:cAnArY@host"),
        ("telemetry.otlp_endpoint", "ftp://user:cAnArY@host"),
    ];

    /// Everything anybody can see of it.
    fn seen(bench: &Bench) -> String {
        let sources = format!("{:?}", bench.sources);
        match bench.load() {
            Ok(loaded) => {
                let json = to_json(&loaded.settings).to_string();
                format!("{sources} {loaded:?} {} {json}", render(&loaded.settings))
            }
            Err(errors) => format!("{sources} {errors} {errors:?}"),
        }
    }

    #[test]
    fn no_secret_is_ever_shown() {
        for (key, value) in PLANTS {
            let text = format!(
                "[apps.main]\nprovider = \"hubspot\"\n[{}]\n{} = {value:?}\n",
                key.rsplit_once('.').unwrap().0,
                key.rsplit_once('.').unwrap().1
            );
            // An app's section is there already.
            let text = text.replace(
                "[apps.main]\nprovider = \"hubspot\"\n[apps.main]",
                "[apps.main]\nprovider = \"hubspot\"",
            );
            let provider = || Bench::empty().set("apps.main.provider=hubspot");
            for (way, bench) in [
                ("file", Bench::with(&text)),
                ("misspelt", Bench::with(&text.replace(" = ", "x = "))),
                ("not quoted", Bench::with(&text.replace('"', ""))),
                ("not closed", Bench::with(&text.replace("\"\n", "\n"))),
                ("no sign", Bench::with(&text.replace(" = ", " "))),
                ("in an array", Bench::with(&text.replace(" = ", " = [").replace("\"\n", "\"]\n"))),
                ("twice", Bench::with(&format!("{text}{}", text.lines().last().unwrap()))),
                ("env", provider().env(&variable_of(key), value)),
                ("misspelt env", provider().env(&format!("{}X", variable_of(key)), value)),
                ("env file", provider().env(&format!("{}_FILE", variable_of(key)), value)),
                ("flag", provider().set(&format!("{key}={value}"))),
                ("misspelt flag", provider().set(&format!("{key}x={value}"))),
            ] {
                let seen = seen(&bench);
                assert!(!seen.contains(CANARY), "{key} = {value} by {way}: {seen}");
            }
        }
    }

    #[test]
    fn a_secret_without_quotes_is_not_shown_either() {
        let says = "is not a text (not shown here); expected a text in quotes (empty: off)";
        for value in ["8675309", "86.75", "true"] {
            check(
                &format!("telemetry.metrics_token = {value}"),
                &[&format!("`telemetry.metrics_token` at syncline.toml:1:27 {says}")],
            );
        }
    }

    #[test]
    fn passwords_in_urls_are_masked_and_the_rest_is_not() {
        for (url, shown) in [
            ("sqlite", "sqlite"),
            ("sqlite:///var/lib/x.db", "sqlite:///var/lib/x.db"),
            ("postgres://host/name", "postgres://host/name"),
            ("postgres://user@host/name", "postgres://user@host/name"),
            (
                "postgres://user:pw@host:5432/name?sslmode=require",
                "postgres://user:***@host:5432/name?sslmode=require",
            ),
            ("mysql://user:p@w/x@host/name", "mysql://user:***@host/name"),
            ("mysql://user:p?w@host/name", "mysql://***"),
            ("mysql://host/name?password=pw&ssl-mode=x", "mysql://host/name?password=***&ssl-mode=x"),
            ("redis://:pw@host/1", "redis://:***@host/1"),
            ("redis://pw@host/1", "redis://***@host/1"),
            ("", ""),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}

mod showing {
    use super::*;

    #[test]
    fn the_table_is_aligned_and_in_the_order_of_the_defaults() {
        let bench = Bench::with("[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"s\"\napp_id = 77\n")
            .env("SYNCLINE_DATABASE__URL", "postgres://syncline:pw@db/syncline")
            .set("telemetry.trace_sample=0.25");
        let loaded = bench.good();
        let changed = loaded.settings.iter().filter(|setting| setting.is_changed());
        assert_eq!(
            bench.short(&render(changed)),
            "\
KEY                      VALUE                              ORIGIN
database.url             postgres://syncline:***@db/syncline  SYNCLINE_DATABASE__URL
"
            .replace("VALUE                              ", "VALUE                                ")
                + "\
apps.main.provider       hubspot                              syncline.toml:2
apps.main.client_secret  ***                                  syncline.toml:3
apps.main.app_id         77                                   syncline.toml:4
telemetry.trace_sample   0.25                                 --set
"
        );
        let all = render(&loaded.settings);
        assert_eq!(all.lines().count(), 1 + loaded.settings.len());
        assert!(all.lines().nth(1).unwrap().starts_with("data_dir "), "{all}");
        assert!(all.contains("\napps.main.previous_client_secret "), "{all}");
    }

    #[test]
    fn json_keeps_the_types() {
        let loaded = Bench::empty().set("jobs.workers=3").good();
        let json = to_json(
            loaded
                .settings
                .iter()
                .filter(|setting| setting.key.starts_with("jobs.w") || !setting.value.is_string()),
        );
        assert_eq!(
            json[0],
            serde_json::json!({ "key": "database.max_connections", "value": 16, "origin": "default" })
        );
        assert!(
            json.as_array()
                .unwrap()
                .contains(&serde_json::json!({ "key": "jobs.workers", "value": 3, "origin": "--set" }))
        );
    }
}

mod starting {
    use super::*;

    fn known() -> Starter {
        Starter {
            public_url: BaseUrl::parse("https://sync.example.com/"),
            app: Some(StarterApp { name: "eu-main".to_owned(), provider: Provider::Airtable }),
        }
    }

    #[test]
    fn a_new_file_loads_and_changes_nothing_but_what_is_known() {
        assert_eq!(Bench::with(&starter(&Starter::default())).good().config, Bench::empty().good().config);
        let loaded = Bench::with(&starter(&known())).good();
        assert_eq!(loaded.config.server.public_url.as_str(), "https://sync.example.com");
        let app = App {
            provider: Provider::Airtable,
            client_id: None,
            client_secret: None,
            previous_client_secret: None,
            app_id: None,
        };
        assert_eq!(loaded.config.apps, BTreeMap::from([("eu-main".to_owned(), app)]));
    }

    #[test]
    fn what_a_new_file_shows_are_real_keys_with_their_defaults() {
        for text in [starter(&Starter::default()), starter(&known())] {
            let full = uncommented(&text).replace("client_secret_file = ", "client_secret_file = 1 # ");
            // The one problem is the file of a secret that has a value already.
            assert_eq!(Bench::with(&full).problems().len(), 1, "{full}");
            let full = full.replace("client_secret_file", "# ");
            let config = Bench::with(&full).good().config;
            let plain = Bench::empty().good().config;
            assert_eq!(Config { apps: BTreeMap::new(), server: plain.server.clone(), ..config }, plain);
        }
    }

    #[test]
    fn a_new_file_is_private_and_overwrites_only_when_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("syncline.toml");
        write_new(&path, "one", false).unwrap();
        let refused = write_new(&path, "two", false).unwrap_err();
        assert!(matches!(refused, WriteError::Exists(_)));
        assert_eq!(refused.to_string(), format!("{} exists already; --force overwrites it", path.display()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
        write_new(&path, "two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "a draft was left");
        assert!(matches!(write_new(&dir.path().join("no/such"), "x", true), Err(WriteError::Io { .. })));
        // A bare name lies in the present directory.
        assert!(matches!(write_new(Path::new("Cargo.toml"), "x", false), Err(WriteError::Exists(_))));
    }
}

mod units {
    use super::*;

    #[test]
    fn only_one_way_of_writing_is_understood() {
        for text in [
            "",
            "3",
            "s",
            "-3s",
            "3.5s",
            "3 sec",
            "1h30m",
            "3S",
            " 3s",
            "99999999999999999999s",
            "999999999999999d",
        ] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        for text in ["", "8", "8mb", "8Mi", "-1B", "99999999999GiB"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
        assert_eq!(span("90s").to_string(), "90s");
        assert_eq!(span("120 s").to_string(), "2m");
        assert_eq!(Size::parse("2048KiB").unwrap().to_string(), "2MiB");
        assert!(Keep::Forever > Keep::For(span("9999d")));
    }

    #[test]
    fn an_age_becomes_a_moment() {
        let now = syncline_core::time::Timestamp::from_millis(86_400_000 * 10);
        assert_eq!(Keep::parse("forever").unwrap().cutoff(now), None);
        assert_eq!(Keep::parse("3d").unwrap().cutoff(now).unwrap().as_millis(), 86_400_000 * 7);
    }

    #[test]
    fn a_public_url_is_plain_and_ends_without_a_slash() {
        for text in [
            "x",
            "ftp://x",
            "http://",
            "http:///x",
            "http://u@x",
            "http://x?a",
            "http://x#a",
            "http://x:99999",
            "//x",
        ] {
            assert_eq!(BaseUrl::parse(text), None, "{text}");
        }
        let url = BaseUrl::parse("HTTPS://Sync.Example.com:8443/hooks//").unwrap();
        assert_eq!((url.as_str(), url.is_https()), ("HTTPS://Sync.Example.com:8443/hooks", true));
        for (text, loopback) in [
            ("http://localhost:1", true),
            ("http://a.localhost", true),
            ("http://127.9.9.9/x", true),
            ("http://[::1]:80", true),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }

    #[test]
    fn databases_are_told_apart() {
        let sqlite = |path: &str| Some(DatabaseUrl::Sqlite(Some(PathBuf::from(path))));
        assert_eq!(DatabaseUrl::parse("sqlite:///a/b.db"), sqlite("/a/b.db"));
        assert_eq!(DatabaseUrl::parse("sqlite://b.db"), sqlite("b.db"));
        assert!(matches!(DatabaseUrl::parse("postgresql:///x?host=/run"), Some(DatabaseUrl::Postgres(_))));
        assert!(matches!(DatabaseUrl::parse("mariadb://h/d"), Some(DatabaseUrl::Mysql(_))));
        for text in [
            "",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://x?mode=memory",
            "postgres://",
            "h/d",
        ] {
            assert_eq!(DatabaseUrl::parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn what_is_printed_can_be_read(millis in 0..u64::MAX / 2, bytes in any::<u64>()) {
            prop_assert_eq!(Span::parse(&Span::from_millis(millis).to_string()), Some(Span::from_millis(millis)));
            prop_assert_eq!(Size::parse(&Size::from_bytes(bytes).to_string()), Some(Size::from_bytes(bytes)));
        }

        /// With an error perhaps, but never a panic.
        #[test]
        fn any_file_is_answered(junk in "(\\PC|\n|[\"'\\[\\]{}=.#,])*", cut in 0..DEFAULTS.len()) {
            let kept = DEFAULTS.get(..cut).unwrap_or_default();
            let _ = Bench::with(&format!("{kept}{junk}")).load();
            let _ = Bench::with(&junk).load();
        }
    }

    #[test]
    fn the_process_environment_holds_only_our_variables() {
        assert!(config::environment().iter().all(|(name, _)| name.starts_with("SYNCLINE_")));
    }
}
