//! The documents: every command in them is one the program takes, and does what it should; every link leads somewhere.

mod agreements;
pub mod apart;
mod contents;
mod errors;
pub mod pages;
mod pictures;
mod proofs;
mod scene;
mod story;
mod unrun;
pub mod words;

use pages::{Command, Page};
use scene::Scene;
use std::collections::BTreeSet;
use words::{goes_on, invocations, is_alone, parses, unknown};

/// What a block of code may be.
const LANGUAGES: &[&str] =
    &["console", "text", "toml", "json", "html", "javascript", "python", "rust", "go", "java"];

/// Programs that commands in the documents may call without saying that they are run by hand.
const PROGRAMS: &[&str] = &["syncline", "curl", "cp", "cd", "echo", "sleep", "KEY", "./make"];

#[test]
fn every_block_says_what_it_is() {
    for page in Page::all() {
        for (line, language) in page.languages() {
            assert!(LANGUAGES.contains(&language), "{}:{line}: {language:?} is no language", page.name);
        }
    }
}

#[test]
fn every_command_is_run_or_says_how_it_is_run_by_hand() {
    for command in Page::all().iter().flat_map(Page::commands).filter(|command| command.by_hand.is_none()) {
        let Command { at, text, apart, .. } = &command;
        let first: String =
            text.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/')).collect();
        let runs_ours = ["cargo run --release -- ", "cargo run -- "].iter().any(|run| text.starts_with(run));
        // What is run apart says itself what it runs, and takes what the tests have built where something is built first.
        let is_known = PROGRAMS.contains(&first.as_str()) || runs_ours || apart.is_some();
        assert!(
            is_known,
            "{at}: a test cannot run `{text}`: say so with <!-- run by hand: kind --> before its block"
        );
    }
}

#[test]
fn every_command_line_is_one_the_program_takes() {
    let mut seen = 0;
    for Command { at, text, .. } in Page::all().iter().flat_map(Page::commands) {
        for words in invocations(&text) {
            seen += 1;
            assert_eq!(parses(&words), Ok(()), "{at}: {text}");
        }
    }
    assert!(seen > 50, "only {seen} were found");
}

/// In the text stand parts of command lines: their commands and flags exist.
#[test]
fn every_command_and_flag_in_the_text_exists() {
    let mut seen = 0;
    for page in Page::all() {
        for (line, snippet) in page.snippets() {
            for words in invocations(&snippet) {
                seen += 1;
                assert_eq!(unknown(&words), None, "{}:{line}: {snippet}", page.name);
            }
        }
    }
    assert!(seen > 50, "only {seen} were found");
}

#[test]
fn every_link_leads_to_a_page_and_to_a_heading_of_it() {
    for page in Page::all() {
        for (line, target) in page.links() {
            let at = format!("{}:{line}: {target}", page.name);
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = page.beside(file);
            assert!(pages::root().join(&path).exists(), "{at} is not there");
            if !heading.is_empty() {
                let headings = Page::read(&path).headings();
                assert!(headings.contains(heading), "{at}: there are {headings:?}");
            }
        }
    }
}

/// Whether a page's story has this command.
fn is_told(command: &Command) -> bool {
    let elsewhere = command.by_hand.is_some() || command.apart.is_some();
    !elsewhere && !goes_on(&command.text) && !is_alone(&command.text)
}

/// All pages tell one story after the other to one hub, with HubSpot and 10to8 as the sandbox plays them; then come the commands that are
/// named in the text alone.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_in_the_documents_works() {
    let mut scene = Scene::start().await;
    scene.disagree().await;
    for page in Page::all() {
        if page.name == "docs/counters.md" {
            // It makes the counter that the README has made.
            scene.said("syncline counters delete exam-bookings").await;
        }
        let commands: Vec<Command> = page.commands().into_iter().filter(is_told).collect();
        scene.tell(&page.name, &commands).await;
    }
    scene.tell("the text", &story::commands()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_that_goes_on_starts_works_and_ends_on_a_signal() {
    let pages = Page::all();
    let elsewhere = |command: &Command| command.by_hand.is_some() || command.apart.is_some();
    let commands = pages.iter().flat_map(Page::commands).filter(|command| !elsewhere(command));
    let commands: BTreeSet<Vec<String>> = commands
        .filter(|command| goes_on(&command.text) || is_alone(&command.text))
        .flat_map(|command| invocations(&command.text))
        .collect();
    assert!(commands.len() >= 5, "{commands:?}");
    let scene = Scene::start().await;
    for words in &commands {
        scene.start_and_end(words).await;
    }
}
