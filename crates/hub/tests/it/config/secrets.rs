//! Nothing that is shown holds a secret.

use super::*;

const CANARY: &str = "cAnArY";

/// Keys that hold secrets, with values good and bad that contain one.
const PLANTS: [(&str, &str); 18] = [
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
    ("counters.databases", "bookings=postgres://user:cAnArY@host/name"),
    ("counters.servers", "bookings=redis://:cAnArY@host"),
    ("counters.servers", "cAnArY"),
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
