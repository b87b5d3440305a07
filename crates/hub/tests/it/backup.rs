//! Backups: made beside a hub at work, put back elsewhere, and nothing that was acknowledged before is missing.

use crate::support::child::{Desk, files_below};
use crate::support::load::{Ledger, Load, Reader, compare};
use crate::support::process::Program;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = files_below(directory)
        .into_iter()
        .map(|path| path.strip_prefix(directory).unwrap().display().to_string())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Starts a hub on a copy of the backup: everything that was promised is there, once, and its key still opens the API.
async fn restored(home: &Path, name: &str, ledger: &Ledger) {
    let program = Program::new(home, &format!("restored from {name}"), &[], &[]);
    let data = home.join(format!("restored from {name}"));
    for file in names(&home.join(name)) {
        fs::copy(home.join(name).join(&file), data.join(&file)).unwrap();
    }
    let key = program.local_key();
    let process = program.start_ready().await;
    assert_eq!(program.local_key(), key, "the key is that of the backup");
    let reader = Reader::new(program.address, key);
    reader.log_is_empty().await;
    compare(ledger, &reader.timeline().await);
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_before_a_backup_is_in_it_though_the_hub_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let program = Program::new(home.path(), "hub", &[], &[]);
    let process = program.start_ready().await;
    let data_dir = format!("data_dir={}", home.path().join("hub").display());
    let desk = Desk::new();
    let back_up = async |name: &str| {
        let to = home.path().join(name);
        desk.run(&["backup", &to.display().to_string(), "--set", &data_dir]).await.ok();
    };
    let mut load = Load::start(program.address, 6, 4_000);
    let mut promised = Vec::new();
    for name in ["first", "second", "third"] {
        load.acknowledged(80).await;
        promised.push((name, load.promised().acknowledged));
        back_up(name).await;
    }
    let ledger = load.finish().await;
    // Of a hub that was killed, too, whose journal nobody has tidied up.
    process.kill().await;
    promised.push(("last", ledger.acknowledged.clone()));
    back_up("last").await;
    for (name, acknowledged) in promised {
        restored(home.path(), name, &Ledger { acknowledged, ..ledger.clone() }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_for_this_user_alone_overwrites_nothing_and_leaves_the_sealing_keys_out() {
    let desk = Desk::configured("data_dir = \"data\"\n");
    let mut hub = desk.serve(&["serve"]).await;
    let output = desk.run(&["backup", "copies/monday"]).await;
    assert!(output.code == 0 && output.stderr.contains("Not in it: data/sealing.keys"), "{output:?}");
    assert!(output.stderr.contains("the configuration, syncline.toml"), "{output:?}");
    let monday = desk.path("copies/monday");
    assert_eq!(names(&monday), ["intake.db", "local.key", "syncline.db", "webhooks.key"]);
    assert_eq!(mode(&monday), 0o700);
    for file in names(&monday) {
        assert_eq!(mode(&monday.join(&file)), 0o600, "{file}");
        assert!(output.stdout.contains(&format!("copies/monday/{file} ")), "{output:?}");
    }

    let before = fs::read(monday.join("syncline.db")).unwrap();
    let again = desk.run(&["backup", "copies/monday"]).await;
    assert!(again.code == 1 && again.stderr.contains("is not empty"), "{again:?}");
    assert_eq!(fs::read(monday.join("syncline.db")).unwrap(), before);

    let output = desk.run(&["backup", "whole", "--with-sealing-keys"]).await;
    assert!(output.code == 0 && !output.stderr.contains("sealing"), "{output:?}");
    let keys = |path: &str| fs::read(desk.path(path)).unwrap();
    assert_eq!(keys("whole/sealing.keys"), keys("data/sealing.keys"));

    let key = desk.run(&["keys", "new"]).await.ok();
    let setting = format!("sealing.keys={}", key.trim());
    let refused = desk.run(&["backup", "other", "--with-sealing-keys", "--set", &setting]).await;
    assert!(refused.code == 1 && refused.stderr.contains("are a setting"), "{refused:?}");
    assert!(!desk.path("other").exists());
    hub.signal("TERM");
    hub.ended().await;
}

#[tokio::test]
async fn what_cannot_be_backed_up_is_said_and_nothing_is_made() {
    let desk = Desk::new();
    let refused = async |more: &[&str], says: &str| {
        let output = desk.run(&[&["backup", "copy"], more].concat()).await;
        assert!(output.code == 1 && output.stderr.contains(says), "{output:?}");
        assert!(!desk.path("copy").exists(), "{more:?}");
    };
    refused(&[], "was the hub ever started").await;
    refused(&["--set", "database.url=postgres://u@127.0.0.1:9/x"], "pg_dump").await;
    refused(&["--set", "database.url=mysql://u@127.0.0.1:9/x"], "mariadb-dump").await;
}
