//! What works and is pointed out all the same.

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
    check(
        "server.listen = \"0.0.0.0:8400\"\nserver.public_url = \"https://x.example\"\ntelemetry.metrics = false\ndemo.token = \"t\"",
        &["demo.token is set, "],
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
        &["sealing.keys is not set, ", "database.max_connections (4) is less "],
    );
    check("retention.events = \"2d\"", &["retention.events is 2d: "]);
    check("retention.messages = \"3d\"", &["retention.messages is 3d, but notify.schedule takes 76h: "]);
    check("retention.messages = \"3d\"\nnotify.schedule = \"5s 1d\"", &[]);
    check("retention.messages = \"4d\"", &[]);
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
