//! Pages of counters drawn with whatever keys, reasons and sources may say: whole, small, harmless, and to be read aloud.

use crate::portal_endpoints_views::{FILLERS, framed, narrow, weight};
use crate::portal_records_views::{name_what_there_is, obey_the_policy, stay_harmless};
use crate::portal_syncs::views::can_be_read_aloud;
use askama::DynTemplate;
use syncline_hub::portal::views::Choice;
use syncline_hub::portal::views::counters::form::{DefinitionForm, DefinitionFormPage};
use syncline_hub::portal::views::counters::{
    ChangeRow, Charts, CounterPage, CounterPushesPage, CounterRunPage, CounterRunsPage, CounterValuesPage,
    CountersPage, DefinitionRow, DriftBar, FindingRow, PushBar, PushRow, RunRow, Truth, ValuePage, ValueRow,
};

const AT: &str = "2026-11-22T07:08:20.533Z";

fn at() -> Option<String> {
    Some(AT.to_owned())
}

/// A key, as long as a page lets 30 of them be.
fn key(text: &str) -> String {
    text.chars().take(50).collect()
}

fn definition(text: &str) -> DefinitionRow {
    DefinitionRow {
        id: "ctr_01M8118F5N9Y51SCC195FW6N99".into(),
        name: text.into(),
        organization: text.into(),
        place: text.into(),
        target: "by a workflow".into(),
        state: "attention".into(),
        reason: Some(text.into()),
        changes: 1_000_000,
        success: Some("99.9 %".into()),
        waiting: 7,
        parked: 2,
        compared: Some((AT.into(), 3)),
    }
}

fn value(text: &str) -> ValueRow {
    ValueRow {
        definition_id: "ctr_01M8118F5N9Y51SCC195FW6N99".into(),
        key: key(text),
        value: Some(1_234),
        shown: Some(-7),
        shown_is: Some("number"),
        shown_at: at(),
        stage: "parked",
        is_shown: false,
        reason: Some(text.into()),
        changed_at: at(),
        waiting_since: at(),
    }
}

fn run(text: &str) -> RunRow {
    RunRow {
        id: "crn_01M8118F5N9Y51SCC195FW6N99".into(),
        state: "failed".into(),
        cause: "schedule".into(),
        dry_run: true,
        reason: Some(text.into()),
        checked: 1_000_000,
        drifted: 3,
        size: 8,
        calls: 1,
        created_at: AT.into(),
        finished_at: at(),
        took: Some(65_000),
        ..RunRow::default()
    }
}

fn push(text: &str) -> PushRow {
    PushRow {
        key: key(text),
        href: "/portal/counters/ctr_1/values/7".into(),
        at: AT.into(),
        what: "refused".into(),
        value: 8,
        latency: 1_200,
        detail: Some(text.into()),
    }
}

fn counter_page(text: &str, rows: usize) -> CounterPage {
    let push =
        PushBar { from: AT.into(), changes: 9, accepted: 1_000, failed: 2, p50: Some(20), p99: Some(1_500) };
    let drift = DriftBar { from: AT.into(), runs: 1, checked: 9, drifted: 2, repaired: 1, size: 3 };
    CounterPage {
        shell: framed(text),
        row: definition(text),
        charts: Charts { span: "24h".into(), pushes: vec![push; 60], drift: vec![drift; 60] },
        spans: vec!["1h", "24h", "7d"],
        values: vec![value(text); rows.min(6)],
        more_values: true,
        runs: vec![run(text); rows.min(4)],
        more_runs: true,
        reconcile_at: at(),
        facts: vec![("Property".into(), text.into()); 11],
        payload: Some(text.into()),
    }
}

fn value_page(text: &str, rows: usize) -> ValuePage {
    let change = ChangeRow {
        version: 7,
        at: AT.into(),
        op: "set".into(),
        amount: 8,
        value: 8,
        before: 7,
        source: text.into(),
    };
    ValuePage {
        shell: framed(text),
        definition: definition(text),
        row: value(text),
        truth: Truth {
            source: text.into(),
            value: Some(8),
            at: at(),
            run: Some("/portal/counter-runs/crn_1".into()),
            why: Some(text.into()),
        },
        sent: Some((8, AT.into())),
        due_at: at(),
        problem: Some(text.into()),
        narrow: syncline_hub::portal::views::Narrow {
            base: "/portal/counters/ctr_1/values/7".into(),
            filters: Vec::new(),
            cursor: "12".into(),
        },
        changes: vec![change; rows.min(25)],
        older: Some("7".into()),
        pushes: vec![push(text); rows.min(15)],
        more_pushes: true,
    }
}

fn run_page(text: &str, rows: usize) -> CounterRunPage {
    let finding = FindingRow {
        definition_id: "ctr_01M8118F5N9Y51SCC195FW6N99".into(),
        key: key(text),
        verdict: "no_truth".into(),
        outcome: "reported".into(),
        words: Some(text.into()),
        since: at(),
        ..FindingRow::default()
    };
    CounterRunPage {
        shell: framed(text),
        definition: definition(text),
        run: run(text),
        narrow: narrow("/portal/counter-runs/crn_1", text),
        problem: None,
        findings: vec![finding; rows.min(25)],
        older: Some("7".into()),
    }
}

/// Every page of this room but the form, with `text` wherever a text can stand.
fn pages(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let counters = |rows| CountersPage {
        shell: framed(text),
        narrow: narrow("/portal/counters", text),
        problem: None,
        rows: vec![definition(text); rows],
        older: Some("ctr_1".into()),
    };
    let values = |rows| CounterValuesPage {
        shell: framed(text),
        definition: definition(text),
        narrow: narrow("/portal/counters/ctr_1/values", text),
        problem: None,
        values: vec![value(text); rows],
        older: Some("7".into()),
    };
    let runs = |rows| CounterRunsPage {
        shell: framed(text),
        definition: definition(text),
        narrow: narrow("/portal/counters/ctr_1/runs", text),
        problem: Some("There is no such state.".into()),
        runs: vec![run(text); rows],
        older: Some("1.crn_1".into()),
    };
    let pushes = |rows| CounterPushesPage {
        shell: framed(text),
        definition: definition(text),
        narrow: narrow("/portal/counters/ctr_1/pushes", text),
        problem: None,
        looked_at: 5_000,
        pushes: vec![push(text); rows],
        older: Some("7".into()),
    };
    let pages: [(&str, &dyn DynTemplate); 11] = [
        ("counters", &counters(rows.min(20))),
        ("no counters", &counters(0)),
        ("counter", &counter_page(text, rows)),
        ("values", &values(rows.min(30))),
        ("no values", &values(0)),
        ("value", &value_page(text, rows)),
        ("runs", &runs(rows.min(25))),
        ("no runs", &runs(0)),
        ("run", &run_page(text, rows)),
        ("pushes", &pushes(rows.min(25))),
        ("no pushes", &pushes(0)),
    ];
    pages.iter().map(|(name, page)| (*name, page.dyn_render().unwrap())).collect()
}

fn form(text: &str) -> String {
    let page = DefinitionFormPage {
        shell: framed(text),
        id: None,
        trigger_shown: Some(text.into()),
        connections: vec![Choice { value: text.into(), label: text.into() }],
        servers: vec![text.into()],
        databases: vec![text.into()],
        preview: Some(text.into()),
        form: DefinitionForm {
            name: text.into(),
            payload: text.into(),
            search_filters: text.into(),
            ..DefinitionForm::usual()
        },
        problems: [
            "name",
            "connection_id",
            "key",
            "payload",
            "target.url",
            "store.server",
            "truth.query",
            "",
        ]
        .map(|field| (field.to_owned(), text.to_owned()))
        .to_vec(),
    };
    page.dyn_render().unwrap().replace("placeholder=\"https:", "placeholder=\"")
}

/// All of them.
fn all(text: &str, rows: usize) -> Vec<String> {
    pages(text, rows).into_iter().map(|(_, page)| page).chain([form(text)]).collect()
}

#[test]
fn no_text_becomes_markup() {
    stay_harmless(|text| all(text, 3));
}

#[test]
fn pages_obey_the_policy_and_draw_icons_there_are() {
    obey_the_policy(&all("org_acme", 7));
}

#[test]
fn every_label_has_its_field_and_no_id_stands_twice() {
    name_what_there_is(&all("org_acme", 7));
}

#[test]
fn pages_can_be_read_aloud() {
    can_be_read_aloud(&all("org_acme", 7));
}

#[test]
fn pages_and_what_they_ask_for_stay_below_100_kb() {
    for filler in FILLERS {
        for (name, html) in pages(&filler.repeat(20_000), 60) {
            assert!(weight(&html) < 100_000, "{name}: {} for {filler}", weight(&html));
        }
    }
}
