//! The commands that fill a demo and take pictures of its portal.

use super::apart::{OF_A_DEMO, commands};
use super::pages::root;
use super::scene::has;
use crate::support::child::Desk;
use crate::support::chromium;
use crate::support::wait::until;
use std::process::Stdio;
use std::time::Duration;

/// What is less here than in the documents; pages take their time in a build for tests.
const LITTLE: [(&str, &str); 3] = [
    ("--count 1000000", "--count 500"),
    ("cargo run --release -- ", "syncline "),
    // As fast as it comes, and one look instead of four: that they are taken is what is shown here.
    ("node shoot.mjs ", "node shoot.mjs --slowest 60000 --wait 0 --looks light "),
];

const PATIENT: Duration = Duration::from_secs(300);

/// Whether packages are not to be fetched, as `./test --help` says.
fn may_not_install() -> bool {
    std::env::var("SYNCLINE_TEST_INSTALL").is_ok_and(|value| value == "0")
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_every_page_of_a_demo_are_taken_as_the_documents_say() {
    let Some(browser) = chromium::installed("pictures of a demo") else { return };
    if !has("npm") || may_not_install() {
        return;
    }
    let desk = Desk::new();
    let mut demo = desk.start(&["demo", "--listen", &format!("127.0.0.1:{}", desk.port)]);
    let link = until("the demo is entered", async || {
        demo.out.all().into_iter().find(|line| line.contains("/portal/demo/enter?token="))
    })
    .await;
    // What npm fetches belongs beside a copy.
    let copy = desk.path("scripts/screenshots");
    std::fs::create_dir_all(&copy).unwrap();
    for name in ["package.json", "package-lock.json", "shoot.mjs", "every.mjs"] {
        std::fs::copy(root().join("scripts/screenshots").join(name), copy.join(name)).unwrap();
    }
    std::fs::create_dir(desk.path("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_syncline"), desk.path("bin/syncline")).unwrap();

    let token = link.trim().split("?token=").nth(1).unwrap();
    let mut script = String::from("set -eu\n");
    for command in commands(OF_A_DEMO) {
        let mut text = command
            .text
            .replace("http://localhost:8400", &desk.base())
            .replace("token=…", &format!("token={token}"));
        for (from, to) in LITTLE {
            text = text.replace(from, to);
        }
        script.push_str(&format!("{text}\n"));
    }
    let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = tokio::process::Command::new("sh");
    shell.arg("-c").arg(&script).current_dir(desk.dir.path()).kill_on_drop(true).stdin(Stdio::null());
    shell.env("PATH", path).env("CHROMIUM", browser);
    let told = tokio::time::timeout(PATIENT, shell.output()).await.expect(&script).unwrap();
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{script}\n{said}\n{}", String::from_utf8_lossy(&told.stderr));
    let shots = std::fs::read_dir(copy.join("shots")).unwrap().map(|file| file.unwrap().path());
    let shots = shots.filter(|path| path.extension().is_some_and(|extension| extension == "png")).count();
    assert!(shots > 35, "{shots} pictures: {said}");
    demo.signal("INT");
    assert_eq!(demo.ended().await.code(), Some(0));
}
