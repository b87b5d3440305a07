//! Durations, sizes, URLs.

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
