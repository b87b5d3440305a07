//! Blocks that the test suite cannot run: each says as what `scripts/run-documents` runs it, and what can be looked at without running
//! it is.

use super::contents::mistakes;
use super::pages::{Command, Page, root};
use super::words::words;
use crate::support::child::files_below;
use clap::CommandFactory as _;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use syncline_hub::cli::Cli;

/// As what `scripts/run-documents` runs one.
const BY_HAND: [&str; 6] = ["containers", "kills", "systemd", "builds", "hubspot", "tests"];

/// Flags and subcommands of `docker compose` that the documents use; those in the second list take a word.
const COMPOSE: [&[&str]; 2] = [
    &["up", "down", "start", "stop", "exec", "run", "cp", "--build", "--detach", "--rm", "--no-deps"],
    &["-f", "--volume"],
];

/// Directories that paths in the documents' commands begin with; a path into another one is the reader's own.
const OURS: &[&str] = &["packaging", "scripts", "crates", "docs", ".ci", "fuzz"];

fn unrun() -> Vec<Command> {
    let all = Page::all();
    let found: Vec<Command> =
        all.iter().flat_map(Page::commands).filter(|one| one.by_hand.is_some()).collect();
    assert!(found.len() > 20, "only {} were found", found.len());
    found
}

/// The single commands of a line, each as its words, without those that say as whom.
fn singles(line: &str) -> Vec<Vec<String>> {
    let is_end = |word: &String| matches!(word.as_str(), "|" | "&" | ";" | "<" | ">");
    let all = words(line);
    let some = all.split(is_end).filter(|one| !one.is_empty());
    some.map(|one| one.iter().skip_while(|word| *word == "sudo").cloned().collect()).collect()
}

#[test]
fn every_way_to_run_a_block_by_hand_is_one_that_is_known() {
    let given: BTreeSet<String> = unrun().into_iter().filter_map(|one| one.by_hand).collect();
    assert_eq!(given, BY_HAND.map(str::to_owned).into());
}

#[test]
fn what_is_run_by_hand_is_found_by_the_script_that_runs_it() {
    if !super::scene::has("python3") {
        return;
    }
    let script = root().join("scripts/run-documents");
    let told = |words: &[&str]| {
        let told = std::process::Command::new(&script).args(words).output().unwrap();
        assert!(told.status.success(), "{words:?}: {}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).unwrap()
    };
    let help = told(&["--help"]);
    for kind in BY_HAND {
        assert!(help.contains(&format!("\n  {kind} ")), "{kind} has no line in {help}");
        let listed = told(&[kind, "--list"]);
        for Command { at, text, .. } in unrun().iter().filter(|one| one.by_hand.as_deref() == Some(kind)) {
            assert!(listed.contains(&format!("{at}: {text}")), "{at}: `{text}` is not in {listed}");
        }
    }
}

#[test]
fn every_call_of_docker_names_files_and_services_that_there_are() {
    let mut seen = 0;
    for Command { at, text, .. } in unrun() {
        for call in singles(&text).iter().filter(|call| call[0] == "docker") {
            seen += 1;
            assert_eq!(call.get(1).map(String::as_str), Some("compose"), "{at}: {text}");
            let (mut file, mut does, mut service) = ("compose.yaml".to_owned(), None, None);
            let mut rest = call[2..].iter();
            while let Some(word) = rest.next() {
                if word == "-f" {
                    rest.next().expect("a file").clone_into(&mut file);
                } else if COMPOSE[1].contains(&word.as_str()) {
                    rest.next().expect("a value");
                } else if COMPOSE[0].contains(&word.as_str()) {
                    does = does.or((!word.starts_with('-')).then(|| word.clone()));
                } else {
                    // Where something is copied from has a path behind it.
                    service = word.split(':').next().map(str::to_owned);
                    break;
                }
            }
            let path = root().join("packaging").join(&file);
            let yaml = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{at}: {file}: {error}"));
            assert!(does.is_some(), "{at}: {text}");
            if let Some(service) = service {
                assert!(yaml.contains(&format!("\n  {service}:\n")), "{at}: {file} has no service {service}");
            }
        }
    }
    assert!(seen >= 6, "only {seen} were found");
}

/// Where a path of a command may begin: the repository, the page's directory, and where the page has gone.
fn places(page: &str, gone: &[PathBuf]) -> Vec<PathBuf> {
    let beside = root().join(page).parent().unwrap().to_owned();
    // What a reader is told to copy is in `packaging`.
    [root(), beside, root().join("packaging")].into_iter().chain(gone.iter().cloned()).collect()
}

fn found(path: &str, places: &[PathBuf]) -> Option<PathBuf> {
    places.iter().map(|place| place.join(path)).find(|path| path.exists())
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[test]
fn every_script_and_file_of_ours_that_a_block_names_is_there() {
    let mut seen = 0;
    for page in Page::all() {
        let mut gone = Vec::new();
        for Command { at, text, by_hand, .. } in page.commands() {
            for call in singles(&text) {
                let places = places(&page.name, &gone);
                if call[0] == "cd" {
                    let to =
                        found(&call[1], &places).unwrap_or_else(|| panic!("{at}: {} is not there", call[1]));
                    gone.push(to);
                    continue;
                }
                let is_ours = |word: &str| OURS.iter().any(|ours| word.starts_with(&format!("{ours}/")));
                if is_ours(&call[0]) || (call[0].starts_with("./") && by_hand.is_some()) {
                    seen += 1;
                    let script = found(&call[0], &places).filter(|script| is_program(script));
                    let script = script.unwrap_or_else(|| panic!("{at}: {} is no program", call[0]));
                    let flags = call.iter().filter(|word| word.starts_with("--") && word.len() > 2);
                    takes(&at, &script, flags);
                }
                for word in call.iter().skip(1).filter(|word| is_ours(word)) {
                    seen += 1;
                    assert!(found(word, &places).is_some(), "{at}: {word} is not there");
                }
                if call[0] == "node" {
                    let script = found(&call[1], &places).unwrap_or_else(|| panic!("{at}: {}", call[1]));
                    takes(&at, &script, call.iter().filter(|word| word.starts_with("--")));
                }
            }
        }
    }
    assert!(seen >= 8, "only {seen} were found");
}

/// That a script, or what it starts, knows these flags.
fn takes<'a>(at: &str, script: &Path, flags: impl Iterator<Item = &'a String>) {
    let beside = script.parent().unwrap();
    let is_the_root = beside == root();
    let own = if is_the_root { root().join("scripts/testing") } else { beside.to_owned() };
    let texts =
        files_below(&own).into_iter().filter(|path| !path.display().to_string().contains("node_modules"));
    let texts: String =
        texts.chain([script.to_owned()]).filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    for flag in flags {
        let name = flag.trim_start_matches('-');
        let known = texts.contains(flag)
            || texts.contains(&format!("\"{name}\""))
            || texts.contains(&format!("{name}:"));
        assert!(known, "{at}: {} does not know {flag}", script.display());
    }
}

#[test]
fn every_unit_that_systemd_is_told_of_is_packaged() {
    let all = unrun();
    let calls = all.iter().flat_map(|one| singles(&one.text)).filter(|call| call[0] == "systemctl");
    let units: Vec<String> = calls.map(|call| call.last().unwrap().clone()).collect();
    assert!(!units.is_empty());
    for unit in units {
        assert!(root().join(format!("packaging/systemd/{unit}.service")).exists(), "{unit}");
    }
}

/// The words of a text that may be names of variables of the environment.
fn variables(text: &str) -> BTreeSet<String> {
    let word = |c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_';
    text.split(word).filter(|name| name.starts_with("SYNCLINE_")).map(str::to_owned).collect()
}

#[test]
fn every_variable_of_the_environment_that_the_documents_name_is_read_by_something() {
    fn of(command: &clap::Command, all: &mut BTreeSet<String>) {
        let own = command.get_arguments().filter_map(clap::Arg::get_env);
        all.extend(own.map(|name| name.to_string_lossy().into_owned()));
        command.get_subcommands().for_each(|one| of(one, all));
    }
    let mut known = BTreeSet::new();
    of(&Cli::command(), &mut known);
    for directory in ["packaging", "scripts", "crates/hub/src", "crates/sandbox/referees"] {
        for path in files_below(&root().join(directory)) {
            let is_text = path.extension().is_none_or(|extension| extension != "md");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            known.extend(variables(&text).into_iter().filter(|_| is_text));
        }
    }
    known.extend(variables(&std::fs::read_to_string(root().join("test")).unwrap()));
    let directory = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for page in Page::all() {
        for name in variables(page.text()) {
            seen += 1;
            let key = name.trim_start_matches("SYNCLINE_").to_lowercase().replace("__", ".");
            let is_setting = !is_unknown(&key, directory.path());
            assert!(known.contains(&name) || is_setting, "{}: nothing reads {name}", page.name);
        }
    }
    assert!(seen >= 8, "only {seen} were found");
}

/// Sections of the configuration whose names are the beginning of nothing else that the documents name.
const SECTIONS: &[&str] = &[
    "server",
    "database",
    "intake",
    "apps",
    "sealing",
    "providers",
    "jobs",
    "load",
    "counters",
    "notify",
    "retention",
    "redis",
    "telemetry",
    "connect",
];

#[test]
fn every_setting_that_the_documents_name_is_one() {
    let directory = tempfile::tempdir().unwrap();
    // Kinds of jobs have names of the same form.
    let rooms = files_below(&root().join("crates/hub/src"));
    let sources: String = rooms.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let mut seen = 0;
    for page in Page::all() {
        for (line, snippet) in page.snippets() {
            let parts: Vec<&str> = snippet.split('.').collect();
            let is_name =
                |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let named = parts.len() > 1 && SECTIONS.contains(&parts[0]) && parts.iter().all(is_name);
            // `connect.rs`, `intake.db` and so on are files.
            let is_file = ["rs", "db", "js", "toml"].contains(parts.last().unwrap());
            if !named || is_file || sources.contains(&format!("rename = \"{snippet}\"")) {
                continue;
            }
            seen += 1;
            assert!(!is_unknown(&snippet, directory.path()), "{}:{line}: {snippet} is no setting", page.name);
        }
    }
    assert!(seen > 30, "only {seen} were found");
}

/// Whether there is no such key and no such section.
fn is_unknown(key: &str, directory: &Path) -> bool {
    mistakes(&format!("{key} = []\n"), directory).is_some_and(|said| said.contains("unknown"))
}
