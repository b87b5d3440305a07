//! File, environment, flags: who wins, and where a value came from.

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
fn a_section_is_never_taken_for_a_kubernetes_service() {
    check_env(
        "SYNCLINE_REDIS__SERVICE_HOST",
        "10.0.0.1",
        &[
            "unknown environment variable SYNCLINE_REDIS__SERVICE_HOST; `syncline config defaults` lists every key",
        ],
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
    let mode = |file: &str, mode| {
        let path = bench.dir.path().join(file);
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    for (file, bits) in [("syncline.toml", 0o644), ("secret", 0o644), ("url", 0o640)] {
        mode(file, bits);
    }
    // Everybody may read the file that names the files, and nobody a file with a secret in it.
    let warnings = bench.good().warnings;
    let readable: Vec<_> = warnings.iter().filter(|warning| warning.contains("chmod")).collect();
    assert!(readable.len() == 1 && readable[0].ends_with(&format!("run chmod 600 {secret}")), "{warnings:?}");
    mode("secret", 0o600);
    let loaded = bench.good();
    assert!(!loaded.warnings.iter().any(|warning| warning.contains("chmod")), "{:?}", loaded.warnings);
    let app = &loaded.config.apps["main"];
    assert_eq!(app.secrets().map(|secret| secret.expose()).collect::<Vec<_>>(), ["s3cret with spaces "; 2]);
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
