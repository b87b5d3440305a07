//! `syncline syncs` and `syncline conflicts`, as an operator uses them.

use crate::support::child::{Desk, Output};
use crate::syncs_api_scene::Two;
use serde_json::{Value, json};
use std::time::Duration;

/// An operator at a terminal elsewhere.
struct Operator {
    desk: Desk,
    two: Two,
}

impl Operator {
    async fn start() -> Self {
        Self { desk: Desk::new(), two: Two::start(0, &[]).await }
    }

    async fn run(&self, args: &[&str]) -> Output {
        let server = self.two.hub().url("");
        let target = ["--server", server.as_str(), "--api-key", self.two.hub().key.as_str()];
        self.desk.run(&[args, &target[..]].concat()).await
    }

    /// The same while time passes.
    async fn wait(&self, args: &[&str]) -> Output {
        let passing = async {
            loop {
                self.two.joined.advance(Duration::from_millis(500)).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            output = self.run(args) => output,
            () = passing => unreachable!("time passes for ever"),
        }
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_template_to_a_decided_conflict_in_the_terminal() {
    let operator = Operator::start().await;
    let two = &operator.two;
    let contact =
        two.contact(json!({ "firstname": "Ada", "lastname": "Lovelace", "email": "ada@example.com" })).await;
    let ends = ["--left", two.left.id.as_str(), "--right", two.right.id.as_str()];

    let template = operator.run(&[&["syncs", "template"], &ends[..]].concat()).await.ok();
    let mut agreement: Value = serde_json::from_str(&template).unwrap();
    assert_eq!(agreement["rules"][0]["name"], "name");
    let fits = operator.run(&[&["syncs", "check"], &ends[..]].concat()).await.ok();
    assert_eq!(fits, "The agreement fits: 3 rules.\n");
    agreement["policy"] = json!("ask");
    agreement["rules"][0]["fields"]["left"][0] = json!("fristname");
    operator.desk.write("agreement.json", &agreement.to_string());
    let from_file = [&ends[..], &["--agreement", "agreement.json"]].concat();
    let wrong = operator.run(&[&["syncs", "check"], &from_file[..]].concat()).await;
    assert!(wrong.code == 1 && wrong.stdout.contains("rules[0].fields.left[0]"), "{wrong:?}");
    let wrong = operator.run(&[&["syncs", "create"], &from_file[..]].concat()).await;
    assert!(wrong.code == 1 && wrong.stdout.is_empty(), "{wrong:?}");
    assert!(wrong.stderr.contains("agreement_invalid") && wrong.stderr.contains("fristname"), "{wrong:?}");

    agreement["rules"][0]["fields"]["left"][0] = json!("firstname");
    operator.desk.write("agreement.json", &agreement.to_string());
    let create =
        [&["syncs", "create", "--name", "People", "--every", "1h", "--no-run"], &from_file[..]].concat();
    let made = operator.run(&create).await;
    assert!(made.stderr.contains("Made People."), "{made:?}");
    let id = made.ok();
    let id = id.trim();
    assert!(operator.run(&["syncs", "list"]).await.ok().contains("People"));
    let listed = lines(&operator.run(&["syncs", "list", "--json", "--connection", &two.left.id]).await.ok());
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(id)));
    let shown = operator.run(&["syncs", "show", id]).await.ok();
    for part in ["People", "1h", "not yet", "contacts of hubspot", "firstname, lastname", "0 linked"] {
        assert!(shown.contains(part), "no {part} in\n{shown}");
    }
    let fields = operator.run(&["syncs", "schema", id, "--side", "left"]).await.ok();
    assert!(fields.contains("firstname") && !fields.contains("custom_fields"), "{fields}");

    let dry = operator.wait(&["syncs", "run", id, "--dry-run"]).await.ok();
    assert!(dry.contains("create on the right") && dry.contains("name: Ada Lovelace"), "{dry}");
    assert!(dry.contains("succeeded, dry: 1 looked at; right: 1 created"), "{dry}");
    let run = operator.wait(&["syncs", "run", id, "--wait", "--json"]).await.ok();
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!((&run["state"], &run["counts"]["created"]["right"]), (&json!("succeeded"), &json!(1)));
    let runs = lines(&operator.run(&["syncs", "runs", id, "--json"]).await.ok());
    assert_eq!((runs.len(), &runs[0]["id"]), (2, &run["id"]));
    let plan = operator.run(&["syncs", "plan", runs[1]["id"].as_str().unwrap()]).await.ok();
    assert!(plan.contains("create on the right"), "{plan}");
    let none = operator.run(&["syncs", "plan", run["id"].as_str().unwrap()]).await;
    assert!(none.code == 1 && none.stderr.contains("not_a_dry_run"), "{none:?}");
    assert!(operator.run(&["syncs", "runs", id]).await.ok().contains("dry: 1 looked at"));

    let links = lines(&operator.run(&["syncs", "links", id, "--json", "--search", "LOVE"]).await.ok());
    let link = links[0]["id"].as_str().unwrap();
    assert!(operator.run(&["syncs", "links", id]).await.ok().contains("ada lovelace"));
    let shown = operator.run(&["syncs", "link", link]).await.ok();
    assert!(shown.contains("Ada | Lovelace") && shown.contains("Ada Lovelace"), "{shown}");

    two.joined
        .edit("hubspot", json!({ "action": "update", "id": contact, "properties": { "firstname": "Adah" } }))
        .await;
    let uri = &links[0]["right_id"];
    two.joined
        .edit("tentoeight", json!({ "action": "update", "resource_uri": uri, "name": "Augusta King" }))
        .await;
    let run = operator.wait(&["syncs", "run", id, "--wait"]).await;
    assert!(run.stdout.contains("1 conflict"), "{run:?}");
    let listed = operator.run(&["conflicts", "list", "--sync", id]).await.ok();
    assert!(listed.contains("name differs"), "{listed}");
    let conflicts = lines(&operator.run(&["conflicts", "list", "--json"]).await.ok());
    let conflict = conflicts[0]["id"].as_str().unwrap();
    let shown = operator.run(&["conflicts", "show", conflict]).await.ok();
    for part in ["Adah | Lovelace", "Augusta King", &format!("syncline conflicts resolve {conflict} left")] {
        assert!(shown.contains(part), "no {part} in\n{shown}");
    }
    let misfit = operator.run(&["conflicts", "resolve", conflict, "keep"]).await;
    assert!(misfit.code == 1 && misfit.stderr.contains("choice_misfit"), "{misfit:?}");
    assert_eq!(
        operator.run(&["conflicts", "resolve", conflict, "right"]).await.ok(),
        "decided; it is carried out now\n"
    );
    two.as_time_passes("the choice is written", async || {
        let contacts = two.joined.hubspot("contacts", "firstname,lastname").await;
        (contacts[&contact]["lastname"] == "King").then_some(())
    })
    .await;
    let again = operator.run(&["conflicts", "resolve", conflict, "left"]).await;
    assert!(again.code == 1 && again.stderr.contains("conflict_over"), "{again:?}");
    let history = two
        .as_time_passes("the history says so", async || {
            let history = operator.run(&["syncs", "history", link]).await.ok();
            history.contains("updated on the left").then_some(history)
        })
        .await;
    assert!(history.contains("created on the right"), "{history}");
    let of_record = ["syncs", "history", id, "--side", "left", "--record", contact.as_str(), "--json"];
    assert!(lines(&operator.run(&of_record).await.ok()).len() > 1);

    assert_eq!(operator.run(&["syncs", "pause", id]).await.ok(), "paused\n");
    let refused = operator.run(&["syncs", "run", id]).await;
    assert!(refused.code == 1 && refused.stderr.contains("sync_paused"), "{refused:?}");
    assert_eq!(operator.run(&["syncs", "resume", id]).await.ok(), "goes on\n");
    assert_eq!(
        operator.run(&["syncs", "set", id, "--name", "All", "--every", "default"]).await.ok(),
        "changed\n"
    );
    assert!(operator.run(&["syncs", "show", id]).await.ok().contains("as the settings say"));
    operator.run(&["syncs", "delete", id]).await.ok();
    let gone = operator.run(&["syncs", "show", id]).await;
    assert!(gone.code == 1 && gone.stderr.contains("There is no such sync"), "{gone:?}");
    assert!(operator.run(&["syncs", "list"]).await.stderr.contains("None."));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_not_waited_for_is_left_alone_and_can_be_stopped() {
    let operator = Operator::start().await;
    let two = &operator.two;
    let id = two.sync(json!({})).await["id"].as_str().unwrap().to_owned();
    let begun = operator.run(&["syncs", "run", &id, "--towards", "right", "--reading", "changes"]).await;
    let run = begun.stdout.split(':').next().unwrap().to_owned();
    assert!(run.starts_with("srn_") && begun.stderr.contains("syncline syncs runs"), "{begun:?}");
    let again = operator.run(&["syncs", "run", &id]).await;
    assert!(again.stderr.contains("is under way") && again.stdout.contains(&run), "{again:?}");
    assert_eq!(operator.run(&["syncs", "cancel", &run]).await.ok(), "stopping\n");
    let runs = two
        .as_time_passes("it has stopped", async || {
            let runs = lines(&operator.run(&["syncs", "runs", &id, "--json"]).await.ok());
            (runs[0]["state"] == "cancelled").then_some(runs)
        })
        .await;
    assert_eq!((&runs[0]["towards"], &runs[0]["reading"]), (&json!("right"), &json!("changes")));
}

#[tokio::test]
async fn being_called_wrongly_says_what_to_do() {
    let desk = Desk::new();
    for args in [
        &["syncs", "create", "--left", "con_1"][..],
        &["syncs", "run", "syn_1", "--towards", "up"],
        &["syncs", "run", "syn_1", "--reading", "some"],
        &["syncs", "history", "syn_1", "--record", "7"],
        &["conflicts", "resolve", "cnf_1"],
        &["conflicts", "resolve", "cnf_1", "maybe"],
    ] {
        let output = desk.run(args).await;
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{args:?}");
        assert!(output.stderr.contains("--help"), "{output:?}");
    }
    let elsewhere = ["--server", "http://127.0.0.1:9", "--api-key", "syn_x"];
    for (args, say) in [
        (&["syncs", "set", "syn_1"][..], "nothing to change"),
        (
            &["syncs", "check", "--left", "a", "--right", "b", "--agreement", "nowhere.json"],
            "cannot read nowhere.json",
        ),
        (&["syncs", "history", "lnk_1", "--side", "left", "--record", "7"], "goes with the id of a sync"),
        (&["conflicts", "resolve", "cnf_1", "is"], "followed by the id"),
        (&["conflicts", "resolve", "cnf_1", "left", "7"], "only `is`"),
        (&["conflicts", "resolve", "cnf_1", "leave", "--force"], "--force goes with"),
        (&["syncs", "list"], "cannot reach the hub"),
    ] {
        let output = desk.run(&[args, &elsewhere[..]].concat()).await;
        assert!(output.code == 1 && output.stderr.contains(say), "{args:?}: {output:?}");
    }
    desk.write("list.json", "[1]");
    let args = ["syncs", "check", "--left", "a", "--right", "b", "--agreement", "list.json"];
    let output = desk.run(&[&args[..], &elsewhere[..]].concat()).await;
    assert!(output.code == 1 && output.stderr.contains("syncline syncs template"), "{output:?}");
}
