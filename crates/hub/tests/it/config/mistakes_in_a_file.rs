//! What a wrong file is answered with.

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
         previous_client_secret, app_id, developer_api_key, webhook_secret, scopes, optional_scopes",
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
         intake, apps, connect, sealing, providers, jobs, load, sync, counters, setup, notify, retention, redis, portal, demo, log, telemetry"],
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
    check("[apps.My_App]\nprovider = \"hubspot\"", &[&format!("`apps.My_App` at syncline.toml:1:7 {name}")]);
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
        Bench::with("[intake]\nlog = \"kafka\"\nkafka.brokers = \"a:1, b:2\"\nkafka.replication = 2").good();
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
    assert_eq!(bench.problems(), ["there is no configuration file nowhere.toml; `syncline init` writes one"]);
    bench.sources.file = Some(bench.dir.path().to_owned());
    assert!(bench.problems()[0].starts_with("cannot read the configuration file "));
    fs::write(bench.dir.path().join("syncline.toml"), b"data_dir = \"\xff\"").unwrap();
    bench.sources.file = None;
    assert_eq!(bench.problems(), ["the configuration file syncline.toml is not UTF-8 text"]);
}

#[test]
fn what_is_no_origin_is_refused_and_what_is_one_is_kept_as_browsers_write_it() {
    for bad in [
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/x",
        "null",
        "https://a,,b",
        "*",
    ] {
        let text = format!("connect.allowed_origins = \"{bad}\"");
        assert!(Bench::with(&text).load().is_err(), "{bad}");
    }
    let text = "connect.allowed_origins = \"https://App.Example.com:443, http://localhost:3000\"";
    let origins = Bench::with(text).good().config.connect.allowed_origins;
    assert_eq!(origins.iter().collect::<Vec<_>>(), ["https://app.example.com", "http://localhost:3000"]);
    assert!(origins.has("https://app.example.com") && !origins.has("http://app.example.com"));
}

#[test]
fn sealing_keys_that_are_none_are_refused_without_being_shown() {
    let canary = "canary-canary-canary";
    let errors = Bench::with(&format!("sealing.keys = \"{canary}\"")).load().unwrap_err().to_string();
    assert!(errors.contains("sealing.keys") && errors.contains("syncline keys new"), "{errors}");
    assert!(!errors.contains("canary"), "{errors}");
    let bench = Bench::empty();
    let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE";
    let file = bench.write("keys", &format!("{key}\n{other}\n"));
    assert!(bench.env("SYNCLINE_SEALING__KEYS_FILE", &file).load().is_ok(), "one a line, as in a file");
}

#[test]
fn networks_and_waits_are_read_whole_or_not_at_all() {
    for (key, bad) in [
        ("notify.allow", "127.0.0.0/8 home"),
        ("notify.allow", "127.0.0.0/33"),
        ("notify.schedule", "5s soon"),
        ("notify.schedule", "500ms"),
        ("notify.schedule", "8d"),
        ("counters.databases", "postgres://host/name"),
        ("counters.servers", "a=redis://host a=redis://host"),
    ] {
        let errors = Bench::with(&format!("{key} = \"{bad}\"")).load().unwrap_err().to_string();
        assert!(errors.contains(key) && errors.contains("with spaces between them"), "{errors}");
    }
    let text = "notify.allow = \" 127.0.0.0/8  ::1 \"\nnotify.schedule = \"1s 7d\"";
    let notify = Bench::with(text).good().config.notify;
    assert_eq!((notify.allow.len(), notify.schedule.attempts()), (2, 3));
    assert_eq!(Bench::with("notify.schedule = \"\"").good().config.notify.schedule.attempts(), 1);
}
