//! The command line as a newcomer meets it: the real program in an empty directory.

use crate::support::child::Desk;
use crate::support::wait::until;
use serde_json::{Value, json};
use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

const CONFIG: &str =
    "data_dir = \"data\"\n[apps.main]\nprovider = \"hubspot\"\nclient_secret = \"0123456789-test-secret\"\n";

/// One JSON object a line.
fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
}

/// What everybody sees first.
#[tokio::test]
async fn help_says_what_there_is() {
    insta::assert_snapshot!(Desk::new().run(&["--help"]).await.ok());
}

#[tokio::test]
async fn being_called_wrongly_is_exit_code_2() {
    let desk = Desk::new();
    for args in [&["nonsense"][..], &["jobs", "retry"], &["events", "list", "--order", "up"]] {
        let output = desk.run(args).await;
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}");
        assert!(output.stderr.contains("--help"), "{output:?}");
    }
}

#[tokio::test]
async fn a_misspelt_setting_stops_every_command_with_its_place_and_the_nearest_one() {
    let desk = Desk::configured("data_dir = \"data\"\n\n[server]\nlissten = \"127.0.0.1:8400\"\n");
    for args in [&["serve"][..], &["config", "show"], &["doctor"], &["events", "list"], &["webhook", "send"]]
    {
        let output = desk.run(args).await;
        assert_eq!((output.code, output.stdout.as_str()), (1, ""), "{args:?} {output:?}");
        for part in ["syncline: ", "lissten", "syncline.toml:4", "listen"] {
            assert!(output.stderr.contains(part), "{args:?}: no {part} in {}", output.stderr);
        }
    }
    let desk = Desk::new().env("SYNCLINE_SERVER__LISSTEN", "127.0.0.1:8400");
    let output = desk.run(&["config", "show"]).await;
    assert!(output.code == 1 && output.stderr.contains("SYNCLINE_SERVER__LISSTEN"), "{output:?}");
    let output = Desk::new().run(&["config", "show", "--set", "jobs.workers=many"]).await;
    assert!(output.code == 1 && output.stderr.contains("jobs.workers"), "{output:?}");
    let output = Desk::new().run(&["config", "show", "--config", "nowhere.toml"]).await;
    assert!(output.code == 1 && output.stderr.contains("syncline init"), "{output:?}");
}

#[tokio::test]
async fn init_writes_a_file_that_changes_nothing_yet_and_overwrites_nothing() {
    let desk = Desk::new();
    assert!(desk.run(&["init"]).await.ok().contains("syncline.toml"));
    let written = std::fs::read_to_string(desk.path("syncline.toml")).unwrap();
    let changed = desk.run(&["config", "show", "--changed", "--json"]).await.ok();
    let changed: Value = serde_json::from_str(&changed).unwrap();
    assert!(changed.to_string().contains("server.listen"), "set by the variable: {changed}");
    assert!(!changed.to_string().contains("database.url"), "{changed}");

    desk.write("syncline.toml", "# mine\n");
    let again = desk.run(&["init"]).await;
    assert!(again.code == 1 && again.stderr.contains("--force"), "{again:?}");
    assert_eq!(std::fs::read_to_string(desk.path("syncline.toml")).unwrap(), "# mine\n");
    desk.run(&["init", "--force"]).await.ok();
    assert_eq!(std::fs::read_to_string(desk.path("syncline.toml")).unwrap(), written);
}

#[tokio::test]
async fn doctor_in_an_empty_directory_finds_nothing_broken_and_says_what_is_missing() {
    let desk = Desk::new();
    let found = desk.run(&["doctor"]).await.ok();
    assert!(found.contains("provider apps") && found.contains("syncline demo"), "{found}");
    let findings: Vec<Value> = serde_json::from_str(&desk.run(&["doctor", "--json"]).await.ok()).unwrap();
    assert!(findings.iter().all(|finding| finding["verdict"] != "broken"), "{findings:?}");
    assert_eq!(std::fs::read_dir(desk.dir.path()).unwrap().count(), 0, "looking makes nothing");
    let broken = Desk::configured("[apps.main]\nprovider = \"hubspot\"\n").run(&["doctor"]).await;
    assert!(broken.code == 1 && broken.stdout.contains("apps.main.client_secret"), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_sees_what_a_start_would_stumble_over() {
    let desk = Desk::configured(CONFIG);
    let mut hub = desk.serve(&["serve"]).await;
    hub.signal("TERM");
    assert!(hub.ended().await.success());
    let lines = async || desk.run(&["doctor"]).await;
    let database = rusqlite::Connection::open(desk.path("data/syncline.db")).unwrap();
    database.execute_batch("INSERT INTO schema_migrations VALUES (999, 'of_tomorrow', 'x')").unwrap();
    let newer = lines().await;
    assert!(
        newer.code == 1 && newer.stdout.contains("newer Syncline (it has migration of_tomorrow)"),
        "{newer:?}"
    );
    database.execute_batch("DELETE FROM schema_migrations WHERE version >= 5").unwrap();
    let older = lines().await;
    assert!(older.stdout.contains("the next start brings its schema up to date"), "{older:?}");
    let data = desk.path("data");
    set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    set_permissions(data.join("sealing.keys"), Permissions::from_mode(0o644)).unwrap();
    let exposed = lines().await.stdout;
    assert!(
        exposed.contains("every user of this machine can read") && exposed.contains("sealing.keys"),
        "{exposed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_the_hub() {
    let desk = Desk::configured(CONFIG);
    let mut hub = desk.serve(&["serve"]).await;
    let sent = desk.run(&["webhook", "send", "--count", "3", "--per-delivery", "2"]).await.ok();
    assert!(sent.starts_with("2 of 2 deliveries accepted"), "{sent}");
    for scheme in ["v1", "v2"] {
        assert!(
            desk.run(&["webhook", "send", "--signature", scheme]).await.ok().starts_with("1 of 1 delivery")
        );
    }
    let mut tail = desk.start(&["events", "tail", "--since", "0", "--json"]);
    until("five lines", async || (tail.out.all().len() == 5).then_some(())).await;
    let listed = objects(&desk.run(&["events", "list", "--json", "--order", "asc"]).await.ok());
    assert_eq!(listed.len(), 5);
    let mut tailed = objects(&tail.out.all().join("\n"));
    tailed.sort_by_key(|event| event["id"].as_str().map(str::to_owned));
    assert_eq!(tailed, listed, "in another order the same");
    assert_eq!(objects(&desk.run(&["events", "list", "--json", "-n", "2"]).await.ok()).len(), 2);
    let id = listed[0]["id"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&desk.run(&["events", "show", id]).await.ok()).unwrap();
    assert_eq!(shown, listed[0]);
    assert!(desk.run(&["events", "list"]).await.ok().contains(id));
    tail.signal("INT");
    assert_eq!(tail.ended().await.code(), Some(0));

    desk.run(&["account", "assign", "hubspot", "62515", "org_a"]).await.ok();
    let accounts = objects(&desk.run(&["account", "list", "--json"]).await.ok());
    assert_eq!((accounts.len(), &accounts[0]["org_id"]), (1, &json!("org_a")));

    let key = desk.run(&["api-key", "create", "for a test", "--org-id", "org_a"]).await.ok();
    let base = desk.base();
    let as_key = ["--server", base.as_str(), "--api-key", key.trim()];
    desk.run(&[&["events", "list"], &as_key[..]].concat()).await.ok();
    let refused = desk.run(&[&["status"], &as_key[..]].concat()).await;
    assert!(refused.code == 1 && refused.stderr.contains("key_of_one_organization"), "{refused:?}");
    let keys = objects(&desk.run(&["api-key", "list", "--json"]).await.ok());
    let row = keys.iter().find(|row| row["name"] == "for a test").unwrap();
    desk.run(&["api-key", "revoke", row["id"].as_str().unwrap()]).await.ok();
    let refused = desk.run(&[&["events", "list"], &as_key[..]].concat()).await;
    assert!(refused.code == 1 && refused.stderr.contains("was revoked"), "{refused:?}");

    hub.signal("TERM");
    assert_eq!(hub.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_jobs_are_seen_and_mended_from_the_terminal() {
    let desk = Desk::configured(CONFIG);
    let _hub = desk.serve(&["serve"]).await;
    assert!(desk.run(&["jobs", "list"]).await.stderr.contains("None."));
    desk.write("misfit.json", "[{\"note\":1},{\"note\":2}]");
    desk.run(&["webhook", "send", "--body", "misfit.json"]).await.ok();
    let parked = async || objects(&desk.run(&["jobs", "list", "--json"]).await.ok());
    let both = until("both are parked", async || Some(parked().await).filter(|jobs| jobs.len() == 2)).await;
    assert!(desk.run(&["jobs", "list"]).await.ok().contains("occurredAt is missing"));
    let id = both[0]["id"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&desk.run(&["jobs", "show", id]).await.ok()).unwrap();
    assert_eq!(shown, both[0]);
    desk.run(&["jobs", "retry", id]).await.ok();
    until("it is parked again", async || (parked().await.len() == 2).then_some(())).await;
    assert_eq!(desk.run(&["jobs", "retry", "--all"]).await.ok(), "2 on their way\n");
    until("they are parked again", async || (parked().await.len() == 2).then_some(())).await;
    desk.run(&["jobs", "discard", id]).await.ok();
    assert_eq!(parked().await.len(), 1);
    let gone = desk.run(&["jobs", "discard", id]).await;
    assert!(gone.code == 1 && gone.stderr.contains("not_found"), "{gone:?}");
    let all = ["jobs", "discard", "--all", "--search", "NOTE"];
    let counted = desk.run(&all).await;
    assert!(counted.stdout == "1 would be gone\n" && counted.stderr.contains("--yes"), "{counted:?}");
    assert_eq!(desk.run(&["jobs", "list", "--search", "note", "--json"]).await.ok().lines().count(), 1);
    let none = desk.run(&["jobs", "discard", "--all", "--kind", "load.run", "--yes"]).await.ok();
    assert_eq!((none.as_str(), parked().await.len()), ("0 gone\n", 1));
    assert_eq!(desk.run(&[&all[..], &["--yes"]].concat()).await.ok(), "1 gone\n");
    assert!(parked().await.is_empty());
    for odd in
        [&["jobs", "discard", id, "--yes"][..], &["jobs", "discard", "--search", "x"], &["jobs", "discard"]]
    {
        assert_eq!(desk.run(odd).await.code, 2, "{odd:?}");
    }
    let link = desk.run(&["portal-link"]).await.ok();
    assert!(link.starts_with("http://localhost:8400/portal/setup?token="), "{link}");
    let status: Value = serde_json::from_str(&desk.run(&["status"]).await.ok()).unwrap();
    assert_eq!(status["database"], "SQLite");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_to_do() {
    let desk = Desk::configured(CONFIG);
    let output = desk.run(&["events", "list"]).await;
    assert!(output.code == 1 && output.stderr.contains("no local key"), "{output:?}");
    assert!(output.stderr.contains("`syncline serve`"), "{output:?}");
    let base = desk.base();
    let output = desk.run(&["events", "list", "--server", &base]).await;
    assert!(output.code == 1 && output.stderr.contains("--api-key"), "{output:?}");
    let wrong = ["events", "list", "--server", &base, "--api-key", "syn_wrong"];
    let output = desk.run(&wrong).await;
    assert!(output.code == 1 && output.stderr.contains("is it running? `syncline serve`"), "{output:?}");
    let output = desk.run(&["webhook", "send"]).await;
    assert!(output.code == 1 && output.stderr.contains("is the hub running?"), "{output:?}");

    let _hub = desk.serve(&["serve"]).await;
    let output = desk.run(&wrong).await;
    assert!(output.code == 1 && output.stderr.contains("unknown or was revoked. (key_unknown"), "{output:?}");
    assert!(!output.stderr.contains("syn_wrong"), "{output:?}");
    let output = desk.run(&["webhook", "send", "--secret", "not the secret"]).await;
    assert!(output.code == 1 && output.stderr.contains("(signature_mismatch)"), "{output:?}");
    assert!(!output.stderr.contains("not the secret"), "{output:?}");
    let output = desk.run(&["webhook", "send", "--app", "other"]).await;
    assert!(output.code == 1 && output.stderr.contains("no HubSpot app of that name"), "{output:?}");
    let output = desk.run(&["events", "list", "--from", "yesterday"]).await;
    assert!(output.code == 1 && output.stderr.contains("RFC 3339"), "{output:?}");
    let output = desk.run(&["serve"]).await;
    assert!(output.code == 1 && output.stderr.contains("another Syncline is running"), "{output:?}");
    let output = desk.run(&["serve", "--set", "data_dir=other"]).await;
    assert!(output.code == 1 && output.stderr.contains("--listen chooses another address"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_works_with_nothing_configured() {
    let desk = Desk::new().without_environment();
    let listen = format!("127.0.0.1:{}", desk.port);
    let mut demo = desk.serve(&["demo", "--listen", &listen, "--keep"]).await;
    // In another terminal of the same directory, without a flag.
    let sent = desk.run(&["webhook", "send"]).await.ok();
    assert!(sent.starts_with("1 of 1 delivery accepted"), "{sent}");
    until("the event is listed", async || {
        let listed = objects(&desk.run(&["events", "list", "--json"]).await.ok());
        (!listed.is_empty()).then_some(())
    })
    .await;
    assert!(desk.run(&["portal-link"]).await.ok().starts_with(&desk.base()));
    let second = desk.run(&["demo", "--listen", "127.0.0.1:0"]).await;
    assert!(second.code == 1 && second.stderr.contains("a demo is running"), "{second:?}");
    demo.signal("INT");
    assert_eq!(demo.ended().await.code(), Some(0));
    let left = || -> Vec<_> {
        std::fs::read_dir(desk.dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect()
    };
    assert_eq!(left(), ["syncline-demo"], "everything in one directory, and kept");
    // Started again, it begins anew, and leaves nothing.
    let mut demo = desk.serve(&["demo", "--listen", &listen]).await;
    demo.signal("INT");
    assert_eq!(demo.ended().await.code(), Some(0));
    assert!(left().is_empty(), "{:?}", left());
}

#[tokio::test]
async fn the_demo_deletes_nothing_that_it_did_not_make() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("syncline-demo")).unwrap();
    desk.write("syncline-demo/thesis.txt", "years of work");
    let refused = desk.run(&["demo"]).await;
    assert!(refused.code == 1 && refused.stderr.contains("was not made by a demo"), "{refused:?}");
    assert!(desk.path("syncline-demo/thesis.txt").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_a_number_that_is_too_large_hides_no_other() {
    let desk = Desk::configured(CONFIG);
    let _hub = desk.serve(&["serve"]).await;
    let event = |id: u32, more: &str| {
        format!(
            r#"{{"eventId":{id},"portalId":1,"objectId":1,"occurredAt":1767225600000,"subscriptionType":"contact.creation"{more}}}"#
        )
    };
    desk.write("large.json", &format!("[{},{}]", event(1, r#","odd":1e999"#), event(2, "")));
    desk.run(&["webhook", "send", "--body", "large.json"]).await.ok();
    let listed = until("both are stored", async || {
        Some(objects(&desk.run(&["events", "list", "--json"]).await.ok())).filter(|events| events.len() == 2)
    })
    .await;
    let odd: Vec<&Value> = listed.iter().map(|event| &event["raw"]["odd"]).collect();
    assert!(odd.contains(&&json!("1e999")), "{listed:#?}");
    let table = desk.run(&["events", "list"]).await.ok();
    assert_eq!(table.matches("evt_").count(), 2, "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_a_terminal_would_obey_reaches_it() {
    const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{7f}\u{202e}";
    let desk = Desk::configured(CONFIG);
    let _hub = desk.serve(&["serve"]).await;
    let mut event =
        json!({ "eventId": 1, "portalId": 1, "objectId": 1, "occurredAt": 1_767_225_600_000_i64 });
    for field in ["subscriptionType", "propertyName", "propertyValue", "changeSource"] {
        event[field] = format!("contact.{EVIL}").into();
    }
    event["objectId"] = EVIL.into();
    let misfit = json!({ "note": EVIL, "subscriptionType": EVIL });
    desk.write("evil.json", &json!([event, misfit]).to_string());
    desk.run(&["webhook", "send", "--body", "evil.json"]).await.ok();
    let jobs = until("it is parked", async || {
        Some(objects(&desk.run(&["jobs", "list", "--json"]).await.ok())).filter(|jobs| jobs.len() == 1)
    })
    .await;
    let listed = objects(&desk.run(&["events", "list", "--json"]).await.ok());
    assert_eq!(listed[0]["raw"], event, "JSON stays true");
    let (event, job) = (listed[0]["id"].as_str().unwrap(), jobs[0]["id"].as_str().unwrap());

    let mut printed = Vec::new();
    for args in [
        &["events", "list"][..],
        &["events", "list", "--json"],
        &["events", "show", event],
        &["jobs", "list"],
        &["jobs", "list", "--json"],
        &["jobs", "show", job],
    ] {
        printed.push(desk.run(args).await.ok());
    }
    for format in [&["--json"][..], &[]] {
        let mut tail = desk.start(&[&["events", "tail", "--since", "0"], format].concat());
        printed.push(tail.out.having(event).await);
        tail.signal("INT");
        tail.ended().await;
    }
    for text in printed {
        assert!(!text.is_empty());
        let obeyed = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(obeyed, None, "{text:?}");
    }
}

#[tokio::test]
async fn a_name_with_a_slash_or_a_question_mark_stays_one_name() {
    let desk = Desk::configured(CONFIG);
    let _hub = desk.serve(&["serve"]).await;
    desk.run(&["account", "assign", "hubspot", "a/b?c=d", "acme"]).await.ok();
    let accounts = desk.run(&["account", "list", "--json"]).await.ok();
    assert!(accounts.contains("a/b?c=d"), "{accounts}");
    let unknown = desk.run(&["jobs", "show", "../events"]).await;
    assert!(unknown.code == 1 && unknown.stderr.contains("no such job"), "{unknown:?}");
}
