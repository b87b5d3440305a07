//! `syncline sandbox` as a newcomer meets it.

use crate::support::child::Desk;
use crate::support::wait::until;
use serde_json::{Value, json};

async fn get(url: &str) -> Value {
    let client = syncline_hub::http::client::client().unwrap();
    client.get(url).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

#[tokio::test]
async fn it_prints_where_it_is_and_what_to_call_it_with_and_ends_on_a_signal() {
    let desk = Desk::new();
    let listen = format!("127.0.0.1:{}", desk.port);
    let mut sandbox = desk.start(&["sandbox", "--listen", &listen]);
    sandbox.out.having("Ctrl-C stops it").await;
    let credentials = get(&format!("{}/_sandbox/credentials", desk.base())).await;
    let printed = sandbox.out.all().join("\n");
    for provider in ["hubspot", "notion", "airtable", "tentoeight"] {
        let base = format!("{}/{provider}", desk.base());
        assert_eq!(credentials[provider]["base_url"], base.as_str());
        assert!(printed.contains(&base), "{printed}");
    }
    for secret in [
        &credentials["hubspot"]["app"]["client_secret"],
        &credentials["hubspot"]["accounts"][0]["private_app_token"],
        &credentials["notion"]["app"]["client_id"],
        &credentials["notion"]["workspaces"][0]["token"],
        &credentials["airtable"]["users"][0]["token"],
        &credentials["tentoeight"]["organizations"][0]["api_key"],
    ] {
        let secret = secret.as_str().unwrap_or_else(|| panic!("a credential is missing: {credentials}"));
        assert!(printed.contains(secret), "{secret} is not in {printed}");
    }
    sandbox.signal("INT");
    assert!(sandbox.ended().await.success());
}

#[tokio::test]
async fn a_script_learns_its_address_from_the_ready_file_and_its_credentials_from_json() {
    let desk = Desk::new();
    let mut sandbox = desk.start(&[
        "sandbox",
        "--listen",
        "127.0.0.1:0",
        "--ready-file",
        "ready",
        "--json",
        "--at",
        "2026-01-01T00:00:00Z",
        "--speed",
        "0",
    ]);
    let base = until("the ready file", async || std::fs::read_to_string(desk.path("ready")).ok()).await;
    let clock = get(&format!("{}/_sandbox/clock", base.trim())).await;
    assert_eq!((&clock["now"], &clock["speed"]), (&json!("2026-01-01T00:00:00.000Z"), &json!(0.0)));
    sandbox.signal("TERM");
    assert!(sandbox.ended().await.success());
    let printed: Value = serde_json::from_str(&sandbox.out.all().join("\n")).unwrap();
    assert_eq!(printed["hubspot"]["base_url"], format!("{}/hubspot", base.trim()));
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_said_with_what_to_do() {
    let desk = Desk::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = desk.run(&["sandbox", "--listen", &address]).await;
    assert!(refused.code == 1 && refused.stderr.contains("127.0.0.1:0 takes any free port"), "{refused:?}");

    desk.write("settings.json", r#"{"hubspot": {"no_such_room": {}}}"#);
    let refused = desk.run(&["sandbox", "--listen", "127.0.0.1:0", "--settings", "settings.json"]).await;
    assert!(refused.code == 1 && refused.stderr.contains("no_such_room"), "{refused:?}");

    let refused = desk.run(&["sandbox", "--at", "yesterday"]).await;
    assert!(refused.code == 2 && refused.stderr.contains("yesterday"), "{refused:?}");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_credentials_and_another_makes_others() {
    let mut printed = Vec::new();
    for seed in ["7", "7", "8"] {
        let desk = Desk::new();
        let mut sandbox = desk.start(&[
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--seed",
            seed,
            "--url",
            "http://sandbox.test",
            "--json",
        ]);
        until("all credentials", async || {
            serde_json::from_str::<Value>(&sandbox.out.all().concat()).is_ok().then_some(())
        })
        .await;
        sandbox.signal("TERM");
        sandbox.ended().await;
        printed.push(sandbox.out.all());
    }
    assert_eq!(printed[0], printed[1]);
    assert_ne!(printed[0], printed[2]);
}
