//! Commands that the documents name in their text, and show in no block that is run.

use super::pages::{Command, Page};
use super::words::{invocations, leaf, leaves};
use std::collections::BTreeSet;

/// Told after all pages. `id` keeps of JSON lines the first one's id; what is over cannot be cancelled.
const STORY: &str = r#"
id() { sed -n '1s/.*"id": *"\([^"]*\)".*/\1/p'; }
syncline config show > /dev/null
syncline config defaults > defaults.toml
syncline syncs template --left con_1 --right con_2 > template.json
syncline syncs pause syn_… && syncline syncs resume syn_…
syncline syncs plan srn_…
syncline syncs schema syn_…
syncline syncs links syn_… --trouble held
fails 'over' syncline syncs cancel srn_…
syncline counters show exam-bookings
syncline counters values exam-bookings --stage parked
syncline counters push exam-bookings 40577087837
syncline counters reconcile exam-bookings --dry-run --wait
RUN=$(syncline counters runs exam-bookings --json | id); syncline counters report "$RUN"
syncline endpoints disable ep_… && syncline endpoints enable ep_…
syncline endpoints recover ep_… --since 2026-01-01
syncline endpoints replay ep_… --from 2026-01-01
MESSAGE=$(syncline messages list --json | id); syncline messages resend "$MESSAGE" ep_…
syncline endpoints skip ep_…
syncline records export -o records.jsonl
syncline jobs list
syncline jobs retry --all
syncline jobs discard --all
syncline account assign hubspot 62515 acme
syncline api-key list
KEY_ID=$(syncline api-key create told --json | id); syncline api-key revoke "$KEY_ID"
syncline keys new > another.key
syncline portal-link
syncline status
syncline health && syncline health --ready
syncline openapi > openapi.json
syncline connections disconnect con_2 --erase
"#;

/// The story, line by line.
pub fn commands() -> Vec<Command> {
    let lines = STORY.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let command = |(number, line): (usize, &str)| Command {
        at: format!("line {number} of the story"),
        text: line.to_owned(),
        by_hand: None,
        apart: None,
        fails: None,
    };
    lines.map(command).collect()
}

#[test]
fn every_command_that_the_documents_name_is_run() {
    let leaves = leaves();
    let pages = Page::all();
    let of = |lines: Vec<String>| -> BTreeSet<String> {
        lines.iter().flat_map(|line| invocations(line)).filter_map(|words| leaf(&words, &leaves)).collect()
    };
    let blocks = || pages.iter().flat_map(Page::commands);
    let run = blocks().filter(|command| command.by_hand.is_none()).map(|command| command.text);
    // What an assignment or a function of the story's calls is a call as well.
    let told = STORY.lines().map(|line| line.replace("$(", "; ").replace("fails 'over' ", ""));
    let run = of(run.chain(told).collect());
    let snippets = pages.iter().flat_map(|page| page.snippets().into_iter().map(|(_, snippet)| snippet));
    let named = of(blocks().map(|command| command.text).chain(snippets).collect());
    assert!(named.len() > 50, "{named:?}");
    let never: Vec<&String> = named.difference(&run).collect();
    assert!(never.is_empty(), "no test of the documents runs {never:?}");
}
