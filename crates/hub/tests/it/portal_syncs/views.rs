//! Pages of syncs drawn with whatever a CRM may hold: whole, small, harmless, and to be read aloud.

use crate::portal_endpoints_views::{FILLERS, framed, narrow, weight};
use crate::portal_records_views::{can_be_read_aloud, name_what_there_is, obey_the_policy, stay_harmless};
use askama::DynTemplate;
use syncline_core::sync::{ConflictKind, Side, Sides, Value};
use syncline_hub::portal::views::syncs::{
    Arrow, Candidate, Cell, Change, ChooseConnections, ConflictCard, ConflictPage, ConflictsPage,
    ConnectionGroup, End, FieldName, HeldView, HistoryPage, HistoryView, LinkCard, LinkCounts, LinkPage,
    LinksPage, MappingRow, MistakeView, PlanRow, RecordRef, RuleView, SettingsPage, SideEvent, Standing,
    SyncForm, SyncPage, SyncRow, SyncRunPage, SyncRunRow, SyncRunsPage, SyncsPage, Tally, Terms, TermsPage,
    fits,
};
use syncline_hub::portal::views::{Choice, EventRow, draw};

const AT: &str = "2026-11-22T07:08:20.533Z";

fn at() -> Option<String> {
    Some(AT.to_owned())
}

fn ends(text: &str) -> Sides<End> {
    let end = |provider: &str| End {
        connection_id: "con_01M8118F5N9Y51SCC195FW6N99".into(),
        // Providers' names are ours, and short.
        provider_name: format!("{provider}{}", text.chars().take(20).collect::<String>()),
        account_name: text.into(),
        object_type: text.into(),
        collection: text.into(),
    };
    Sides { left: end("L"), right: end("R") }
}

fn run(text: &str) -> SyncRunRow {
    SyncRunRow {
        id: "srn_01M8118F5N9Y51SCC195FW6N99".into(),
        sync_id: "syn_01M8118F5N9Y51SCC195FW6N99".into(),
        dry_run: true,
        reading: "full".into(),
        trigger: "manual".into(),
        state: "running".into(),
        phase: "left".into(),
        reason: Some(text.into()),
        unfinished: true,
        total: Some(2_000_000),
        tally: Tally { looked_at: 1_000_000, conflicts: 3, questions: 1, refused: 2, ..Tally::default() },
        created_at: AT.into(),
        started_at: at(),
        heartbeat_at: at(),
        millis: Some(65_000),
        ..SyncRunRow::default()
    }
}

fn sync(text: &str) -> SyncRow {
    SyncRow {
        id: "syn_01M8118F5N9Y51SCC195FW6N99".into(),
        name: text.into(),
        organization: text.into(),
        ends: ends(text),
        paused: false,
        reason: Some(text.into()),
        primed: true,
        last_run: Some(run(text)),
        links: Some(LinkCounts { linked: 1_000_000, creating: 1, ended: 3, held: 12 }),
        conflicts: 7,
        waiting: 3,
    }
}

fn cells(text: &str) -> Vec<Cell> {
    let cell = |value| Cell { field: text.into(), value };
    vec![
        cell(Value::text(text)),
        cell(Value::Empty),
        cell(Value::List(vec![text.chars().take(400).collect(); 12])),
    ]
}

fn held(text: &str) -> HeldView {
    let value = Cell { field: text.into(), value: Value::text(text) };
    HeldView { side: text.chars().take(32).collect(), field: text.into(), value, reason: text.into() }
}

fn record(text: &str) -> RecordRef {
    RecordRef {
        id: text.chars().take(60).collect(),
        name: text.into(),
        href: Some("/portal/records/con_1/contacts/1".into()),
        url: Some(format!("https://app.example/{}", text.chars().take(60).collect::<String>())),
        gone: true,
        archived: false,
        modified_at: at(),
        read_at: at(),
    }
}

fn conflict(n: usize, text: &str) -> ConflictCard {
    let (id, of, reason) = (text.to_owned(), text.to_owned(), text.to_owned());
    let kind = match n % 5 {
        0 => ConflictKind::Field { rule: text.into() },
        1 => ConflictKind::Deletion { side: Side::Left, reason },
        2 => ConflictKind::Match { side: Side::Left, id, candidates: vec![text.into()] },
        3 => ConflictKind::Duplicate { side: Side::Right, id, of },
        _ => ConflictKind::Guard { side: Side::Right, waiting: 1_250 },
    };
    let candidates = if matches!(n % 5, 2 | 3) {
        vec![Candidate { record: record(text), cells: cells(text) }; 2]
    } else {
        Vec::new()
    };
    ConflictCard {
        id: format!("cnf_{n}"),
        sync_id: "syn_01M8118F5N9Y51SCC195FW6N99".into(),
        sync_name: text.into(),
        ends: ends(text),
        kind,
        link_id: (n % 5 < 2).then(|| "lnk_1".into()),
        name: text.into(),
        records: Sides { left: Some(record(text)), right: Some(record(text)) },
        cells: Sides { left: cells(text), right: cells(text) },
        base: Some(Sides { left: cells(text), right: cells(text) }),
        times: Sides { left: at(), right: None },
        candidates,
        can_force: true,
        state: if n < 5 { "open".into() } else { "resolved".into() },
        choice: Some(text.into()),
        resolved_by: Some(text.into()),
        opened_at: AT.into(),
        resolved_at: at(),
    }
}

fn change(text: &str) -> Change {
    Change { rule: text.into(), before: cells(text), after: cells(text) }
}

/// Something that a sync wrote.
pub fn done(text: &str) -> HistoryView {
    HistoryView {
        what: "updated".into(),
        side: Some(Side::Left),
        at: AT.into(),
        sync_id: "syn_1".into(),
        link_id: Some("lnk_1".into()),
        ids: Sides { left: Some(text.into()), right: Some(text.into()) },
        changes: vec![change(text)],
        held: vec![held(text)],
        message: text.into(),
    }
}

fn mapping(text: &str) -> MappingRow {
    let field = FieldName { name: text.into(), title: text.into() };
    MappingRow {
        name: text.into(),
        fields: Sides { left: vec![field.clone(); 2], right: vec![field] },
        arrow: Arrow::Right,
        form: text.into(),
        notes: vec![text.into()],
        mistakes: vec![MistakeView { at: "rules[0]".into(), field: text.into(), message: text.into() }],
    }
}

/// As much of a text as an agreement's form shows.
fn largest(text: &str) -> String {
    let first = |count: usize| text.chars().take(count).collect::<String>();
    let counts: Vec<usize> = (0..=25_000).step_by(100).collect();
    first(counts[counts.partition_point(|count| fits(&first(*count))) - 1])
}

fn terms(text: &str, rows: usize) -> Terms {
    // As long as people type.
    let word = || text.chars().take(200).collect::<String>();
    Terms {
        ends: ends(text),
        form: SyncForm {
            connections: Sides { left: word(), right: word() },
            name: word(),
            direction: "both".into(),
            policy: word(),
            every: "300".into(),
            run: true,
            agreement: largest(text),
            problems: vec![("policy", word()), ("agreement", word()), ("guard_percent", word())],
            ..SyncForm::default()
        },
        mapping: vec![mapping(text); rows],
        mistakes: vec![MistakeView { at: "sides.left".into(), field: word(), message: word() }],
        fields: Sides {
            left: vec![(FieldName { name: word(), title: word() }, "text".into()); rows * 10],
            right: Vec::new(),
        },
        usual: "every 24 h".into(),
        ready_made: true,
        ..Terms::default()
    }
}

fn sync_page(text: &str, rows: usize) -> SyncPage {
    SyncPage {
        shell: framed(text),
        sync: sync(text),
        stuck: vec![(text.into(), "/portal/connections/con_1".into())],
        mapping: vec![mapping(text); rows],
        terms: vec![("Direction", text.into())],
        created_at: AT.into(),
        updated_at: AT.into(),
        primed_at: at(),
        runs: vec![run(text); 5],
        conflicts: (0..3).map(|n| conflict(n, text)).collect(),
        history: vec![done(text); rows.min(6)],
    }
}

fn link_page(text: &str, rows: usize) -> LinkPage {
    let rule = RuleView {
        name: text.into(),
        now: Sides { left: Some(cells(text)), right: None },
        base: Some(Sides { left: cells(text), right: cells(text) }),
        known_at: Sides { left: at(), right: at() },
        standing: Standing::LeftChanged,
        disputed: false,
        held: vec![held(text)],
    };
    LinkPage {
        shell: framed(text),
        sync: sync(text),
        link: link(text),
        says: Some(text.into()),
        records: Sides { left: Some(record(text)), right: None },
        rules: vec![rule; rows],
        first_rule: 0,
        decisions: vec![(text.into(), text.into())],
        refused: vec![held(text)],
        facts: vec![("Status".into(), text.into())],
        times: vec![("Linked".into(), AT.into())],
        conflicts: vec![conflict(0, text), conflict(6, text)],
        history: vec![done(text); rows.min(10)],
        more_history: true,
        events: vec![SideEvent { side: text.into(), here: false, row: event(text) }; rows.min(10)],
    }
}

/// A webhook event.
pub fn event(text: &str) -> EventRow {
    EventRow {
        id: "evt_01M8118F5N9Y51SCC195FW6N99".into(),
        occurred_at: AT.into(),
        received_at: AT.into(),
        kind: text.into(),
        property: Some(text.into()),
        value: Some(text.into()),
        ..EventRow::default()
    }
}

fn link(text: &str) -> LinkCard {
    LinkCard {
        id: "lnk_01M8118F5N9Y51SCC195FW6N99".into(),
        sync_id: "syn_01M8118F5N9Y51SCC195FW6N99".into(),
        name: text.into(),
        ids: Sides { left: Some(text.into()), right: None },
        state: "linked".into(),
        trouble: "held".into(),
        updated_at: AT.into(),
    }
}

fn run_page(text: &str, rows: usize) -> SyncRunPage {
    let planned = PlanRow {
        n: 1,
        what: "created".into(),
        side: Some(Side::Right),
        ids: Sides { left: Some(text.into()), right: None },
        href: Some("/portal/records/a/b/c".into()),
        changes: vec![change(text)],
        held: vec![held(text)],
        message: text.into(),
    };
    SyncRunPage {
        shell: framed(text),
        sync: sync(text),
        run: run(text),
        loads: Vec::new(),
        narrow: narrow("/portal/syncs/syn_1/runs/srn_1", text),
        problem: Some(text.chars().take(200).collect()),
        plan: vec![planned; rows],
        planned: 9,
        next: Some(text.chars().take(60).collect()),
    }
}

fn conflicts_page(text: &str, rows: usize) -> ConflictsPage {
    ConflictsPage {
        shell: framed(text),
        narrow: narrow("/portal/conflicts", text),
        problem: None,
        open: 7,
        of: None,
        conflicts: (0..rows).map(|n| conflict(n, text)).collect(),
        older: Some(text.chars().take(60).collect()),
    }
}

fn history_page(text: &str, rows: usize) -> HistoryPage {
    HistoryPage {
        shell: framed(text),
        sync: sync(text),
        narrow: narrow("/portal/syncs/syn_1/history", text),
        problem: None,
        rows: vec![done(text); rows],
        older: None,
    }
}

/// Every page of syncs, with `text` wherever a text can stand.
fn pages(text: &str, rows: usize) -> Vec<String> {
    let most = |most: usize| rows.min(most);
    let syncs = |rows: usize| SyncsPage {
        shell: framed(text),
        narrow: narrow("/portal/syncs", text),
        problem: None,
        can_begin: true,
        rows: vec![sync(text); rows.min(20)],
        next: Some(text.chars().take(60).collect()),
    };
    let choice = Choice { value: "con_01M8118F5N9Y51SCC195FW6N99".into(), label: text.into() };
    let group = ConnectionGroup { organization: text.into(), connections: vec![choice; 2] };
    let (chosen, problem) = (Sides { left: text.into(), right: text.into() }, Some(text.to_owned()));
    let choose = ChooseConnections { shell: framed(text), groups: vec![group; most(40)], chosen, problem };
    let runs = SyncRunsPage {
        shell: framed(text),
        sync: sync(text),
        narrow: narrow("/portal/syncs/syn_1/runs", text),
        problem: None,
        runs: vec![run(text); most(30)],
        older: None,
    };
    let links = LinksPage {
        shell: framed(text),
        sync: sync(text),
        narrow: narrow("/portal/syncs/syn_1/links", text),
        problem: None,
        rows: vec![link(text); most(40)],
        next: None,
    };
    let pages: [&dyn DynTemplate; 13] = [
        &syncs(rows),
        &syncs(0),
        &choose,
        &TermsPage { shell: framed(text), terms: terms(text, rows) },
        &SettingsPage { shell: framed(text), sync: sync(text), terms: terms(text, rows), version: 3 },
        &sync_page(text, rows),
        &run_page(text, most(25)),
        &runs,
        &links,
        &link_page(text, rows),
        &conflicts_page(text, most(12)),
        &ConflictPage { shell: framed(text), conflict: conflict(2, text) },
        &history_page(text, most(25)),
    ];
    pages.iter().map(|page| draw(*page).unwrap()).collect()
}

/// What the pages are called, in the order of [`pages`].
const NAMES: [&str; 13] = [
    "syncs",
    "none",
    "choose",
    "new",
    "settings",
    "sync",
    "run",
    "runs",
    "links",
    "link",
    "conflicts",
    "conflict",
    "history",
];

#[test]
fn no_text_becomes_markup() {
    // Few rows: of many, the longer text would leave some out.
    stay_harmless(|text| pages(text, 2));
}

#[test]
fn pages_obey_the_policy_and_draw_icons_there_are() {
    obey_the_policy(&pages("org_acme", 7));
}

#[test]
fn every_label_has_its_field_and_no_id_stands_twice() {
    name_what_there_is(&pages("org_acme", 7));
}

#[test]
fn pages_can_be_read_aloud() {
    can_be_read_aloud(&pages("org_acme", 7));
}

#[test]
fn pages_and_what_they_ask_for_stay_below_100_kb() {
    let mut heavy = Vec::new();
    for text in FILLERS.map(|filler| filler.repeat(20_000)).into_iter().chain(["org_acme".to_owned()]) {
        for (name, html) in NAMES.iter().zip(pages(&text, 200)) {
            if weight(&html) >= 100_000 {
                heavy.push(format!("{name}: {} for {text:.8}", weight(&html)));
            }
        }
    }
    assert!(heavy.is_empty(), "{heavy:#?}");
}

#[test]
fn many_rules_have_pages_of_their_own() {
    let rules = |first_rule| LinkPage { first_rule, ..link_page("x", 25) }.dyn_render().unwrap();
    let (first, second, last) = (rules(0), rules(10), rules(20));
    assert!(first.contains("1 to 10 of 25") && second.contains("11 to 20") && last.contains("21 to 25"));
    assert!(!first.contains("Earlier rules") && first.contains("?rule=10#h-rules"), "{first}");
    assert!(second.contains("?rule=20#h-rules") && last.contains("?rule=10#h-rules"));
    assert!(!last.contains("Further rules") && rules(9_999).contains("1 to 10 of 25"));
    assert!(sync_page("x", 60).dyn_render().unwrap().contains("And 40 more rules."));
}

#[test]
fn texts_of_another_direction_do_not_turn_the_page_around() {
    for page in pages("\u{202e}gnp.exe", 3) {
        let visible = page.replace("value=\"\u{202e}gnp.exe\"", "").replace("\u{202e}gnp.exe</textarea>", "");
        for line in visible.lines().filter(|line| line.contains('\u{202e}')) {
            let hidden = ["data-copy=", "value=", "href=", "class=\"instance\""];
            assert!(hidden.iter().any(|hidden| line.contains(hidden)), "{line}");
        }
    }
}

#[test]
fn only_addresses_of_the_web_lead_to_a_provider() {
    for (url, linked) in [("https://a.example/1", true), ("javascript:alert(1)", false), ("//a", false)] {
        let own = RecordRef { url: Some(url.into()), ..record("x") };
        let page = LinkPage {
            records: Sides { left: Some(own), right: None },
            conflicts: vec![],
            ..link_page("x", 1)
        };
        assert_eq!(page.dyn_render().unwrap().contains(&format!("href=\"{url}\"")), linked, "{url}");
    }
}
