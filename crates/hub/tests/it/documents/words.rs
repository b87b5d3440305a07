//! Command lines: the words of those that call our program, and whether it would take them.

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use std::collections::BTreeSet;
use syncline_hub::cli::Cli;

/// Commands that go on until they are stopped.
const GOING_ON: &[&[&str]] = &[&["serve"], &["demo"], &["sandbox"], &["listen"], &["events", "tail"]];

/// The words of a line as a shell tells them apart, and what stands between commands as words of their own.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '&' | ';' | '<' | '>') => {
                words.extend(word.take());
                words.push(c.to_string());
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What stands before the program: variables, another user, a container. Answers the program and what follows.
fn bare(mut command: &[String]) -> &[String] {
    loop {
        let skipped = match command.first().map(String::as_str) {
            Some("sudo") if command.get(1).is_some_and(|word| word == "-u") => 3,
            Some("sudo") => 1,
            // `docker compose exec SERVICE …`: what is run there. `docker compose run … SERVICE …`: what the image's program is told;
            // the one service of ours that commands name is called like it.
            Some("docker") if command.iter().any(|word| word == "run") => {
                command.iter().position(|word| word == "syncline").unwrap_or(command.len())
            }
            Some("docker") => {
                command.iter().position(|word| word == "exec").map_or(command.len(), |at| at + 2)
            }
            Some(word) if word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains('=') => 1,
            _ => return command,
        };
        command = command.get(skipped..).unwrap_or_default();
    }
}

/// The words behind `syncline` of every call of it.
pub fn invocations(line: &str) -> Vec<Vec<String>> {
    let line = line.replace("cargo run --release -- ", "syncline ").replace("cargo run -- ", "syncline ");
    let words = words(&line);
    let commands = words.split(|word| matches!(word.as_str(), "|" | "&" | ";"));
    let ours = commands.filter_map(|command| {
        let (program, rest) = bare(command).split_first()?;
        // What is read from or written to a file is the shell's.
        let rest = rest.iter().take_while(|word| !matches!(word.as_str(), "<" | ">"));
        (program == "syncline" || program.ends_with("/syncline")).then(|| rest.cloned().collect::<Vec<_>>())
    });
    ours.filter(|words| !words.is_empty()).collect()
}

fn begins_with(line: &str, beginnings: &[&[&str]]) -> bool {
    let invocations = invocations(line);
    let begins = |words: &[String], with: &[&str]| {
        words.iter().map(String::as_str).take(with.len()).eq(with.iter().copied())
    };
    invocations.iter().any(|words| beginnings.iter().any(|with| begins(words, with)))
}

/// Whether it goes on until it is stopped.
pub fn goes_on(line: &str) -> bool {
    begins_with(line, GOING_ON)
}

/// Whether it wants a directory where nothing is yet.
pub fn is_alone(line: &str) -> bool {
    begins_with(line, &[&["init"]])
}

/// The commands that have none below them, each as its words with a blank between.
pub fn leaves() -> BTreeSet<String> {
    fn below(command: &clap::Command, words: &str, all: &mut BTreeSet<String>) {
        for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
            let words = format!("{words} {}", one.get_name());
            below(one, &words, all);
            if !one.has_subcommands() {
                all.insert(words.trim().to_owned());
            }
        }
    }
    let mut all = BTreeSet::new();
    below(&Cli::command(), "", &mut all);
    all
}

/// Which of those a call is of.
pub fn leaf(words: &[String], leaves: &BTreeSet<String>) -> Option<String> {
    (1..=words.len().min(3)).map(|count| words[..count].join(" ")).find(|begun| leaves.contains(begun))
}

/// Whether the program takes these words.
pub fn parses(words: &[String]) -> Result<(), String> {
    let all = std::iter::once("syncline").chain(words.iter().map(String::as_str));
    match Cli::command().try_get_matches_from(all) {
        Err(error) if !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Err(error.to_string())
        }
        _ => Ok(()),
    }
}

/// The first of these words that is no command of ours and no flag of the one before it.
pub fn unknown(words: &[String]) -> Option<String> {
    let mut root = Cli::command();
    root.build();
    let mut command = &root;
    for word in words {
        if let Some(flag) = word.strip_prefix("--") {
            let flag = flag.split('=').next().unwrap_or_default();
            if !command.get_arguments().any(|argument| argument.get_long() == Some(flag)) {
                return Some(word.clone());
            }
        } else if let Some(found) = command.find_subcommand(word) {
            command = found;
        } else if command.has_subcommands() && !word.starts_with('-') {
            return Some(word.clone());
        }
    }
    None
}

#[test]
fn words_are_told_apart_as_a_shell_does() {
    let line = r#"FOO=1 syncline a 'b c' "d" < key | jq . && syncline e --f="g h" & # syncline comment"#;
    assert_eq!(invocations(line), [vec!["a", "b c", "d"], vec!["e", "--f=g h"]]);
    assert_eq!(invocations("sudo -u syncline A=b syncline c"), [["c"]]);
    assert_eq!(invocations("X=1 docker compose exec syncline syncline c | tee log"), [["c"]]);
    assert_eq!(invocations("docker compose run --rm --volume ./a:/b syncline backup /b"), [["backup", "/b"]]);
    assert!(invocations("install -g syncline -m 0750 /etc/syncline && syncline").is_empty());
    assert_eq!(unknown(&["jobs".to_owned(), "mend".to_owned()]), Some("mend".to_owned()));
    assert_eq!(unknown(&["load".to_owned(), "--quickly".to_owned()]), Some("--quickly".to_owned()));
    assert_eq!(unknown(&["load".to_owned(), "--set".to_owned(), "a=b".to_owned()]), None);
    assert!(parses(&["jobs".to_owned(), "retry".to_owned()]).is_err());
}
