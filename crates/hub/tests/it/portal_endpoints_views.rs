//! Pages of endpoints and deliveries drawn with whatever an application or an endpoint may say: whole, small, harmless, and to be read
//! aloud.

use crate::portal_records_views::can_be_read_aloud;
use crate::portal_records_views::{name_what_there_is, obey_the_policy, stay_harmless};
use crate::portal_views::{shell, tags};
use askama::DynTemplate;
use std::io::Write as _;
use syncline_hub::portal::views::endpoints::{
    AttemptView, Bar, Chart, DeliveriesPage, DeliveryPage, DeliveryRow, EndpointForm, EndpointFormPage,
    EndpointPage, EndpointRow, EndpointsPage, NewSecret, SecretRow,
};
use syncline_hub::portal::views::{Choice, Filter, Narrow, Shell};

const AT: &str = "2026-11-22T07:08:20.533Z";

fn at() -> Option<String> {
    Some(AT.to_owned())
}

/// The surroundings of a page. What stands in them is ours, and short.
pub fn framed(text: &str) -> Shell {
    shell(&text.chars().take(60).collect::<String>())
}

/// A filter bar in which `text` was typed, as long as people type.
pub fn narrow(base: &'static str, text: &str) -> Narrow {
    let typed: String = text.chars().take(100).collect();
    let filters = vec![
        Filter::new("search", "Name contains", &typed),
        Filter::of("state", "State", &typed, &[("a", "A")]),
    ];
    Narrow { base: base.into(), filters, cursor: typed.into() }
}

/// What a page weighs: itself, and what it asks for besides, packed as browsers get it.
pub fn weight(html: &str) -> usize {
    let assets = concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/");
    let mut names: Vec<&str> = html
        .split("/portal/assets/")
        .skip(1)
        .map(|rest| rest.split(['?', '"']).next().unwrap_or_default())
        .collect();
    names.sort_unstable();
    names.dedup();
    let packed = |name: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&std::fs::read(format!("{assets}{name}")).expect(name)).unwrap();
        packer.finish().unwrap().len()
    };
    html.len() + names.into_iter().map(packed).sum::<usize>()
}

/// Texts that take the most room.
pub const FILLERS: [&str; 4] = ["<", "\u{202e}", "é", "a"];

fn row(text: &str) -> EndpointRow {
    EndpointRow {
        id: "ep_01M8118F5N9Y51SCC195FW6N99".into(),
        url: text.into(),
        description: text.into(),
        organization: Some(text.into()),
        types: vec![text.into(); 9],
        enabled: true,
        reason: Some(text.into()),
        failures: 3,
        failing_since: at(),
        delivered: 1_000_000,
        failed: 7,
        waiting: 1,
    }
}

fn delivery(text: &str, n: usize) -> DeliveryRow {
    DeliveryRow {
        message_id: format!("msg_01M8118F5N9Y51SCC195FW6N{n:02}"),
        endpoint_id: "ep_01M8118F5N9Y51SCC195FW6N99".into(),
        endpoint_url: n.is_multiple_of(2).then(|| text.to_owned()),
        organization: Some(text.into()),
        kind: text.into(),
        state: "failed".into(),
        status: Some(500),
        tried: 9,
        next_at: n.is_multiple_of(3).then(|| AT.to_owned()),
        settled_at: (n % 3 == 1).then(|| AT.to_owned()),
        created_at: AT.into(),
    }
}

fn endpoint_page(text: &str, rows: usize) -> EndpointPage {
    let bar = Bar { from: AT.into(), delivered: 1_000, failed: 2, p50: Some(20), p99: Some(1_500) };
    EndpointPage {
        shell: framed(text),
        row: row(text),
        new_secret: Some(NewSecret { text: text.chars().take(80).collect(), public: false }),
        chart: Chart { span: "24h".into(), bars: vec![bar; 60] },
        spans: vec!["1h", "24h", "7d"],
        secrets: vec![
            SecretRow {
                scheme: text.chars().take(80).collect(),
                public_key: None,
                created_at: AT.into(),
                not_after: at()
            };
            2
        ],
        facts: vec![("Headers".into(), text.into()); 6],
        next_at: at(),
        paused_until: at(),
        types: vec![Choice { value: "sync.complete".into(), label: "sync.complete".into() }; 20],
        deliveries: (0..rows.min(10)).map(|n| delivery(text, n)).collect(),
        more_deliveries: true,
        lists: vec![("All", "/portal/deliveries?endpoint=ep_1".into())],
        today: "2026-11-22".into(),
    }
}

fn deliveries_page(text: &str, rows: usize) -> DeliveriesPage {
    DeliveriesPage {
        shell: framed(text),
        narrow: narrow("/portal/deliveries", text),
        problem: Some(text.chars().take(200).collect()),
        looked_at: 2_000,
        deliveries: (0..rows.min(25)).map(|n| delivery(text, n)).collect(),
        next: Some("1.msg_1.ep_1".into()),
    }
}

fn delivery_page(text: &str, attempts: usize) -> DeliveryPage {
    let attempt = AttemptView {
        at: AT.into(),
        latency: 1_200,
        status: Some(500),
        error: Some(text.into()),
        headers: vec![(text.into(), text.into()); 20],
        body: Some(text.into()),
    };
    DeliveryPage {
        shell: framed(text),
        row: delivery(text, 1),
        endpoint: Some(row(text)),
        paused_until: at(),
        is_due: true,
        organization: text.into(),
        order_key: Some(text.into()),
        payload: Some(serde_json::json!({ text: [text, text] }).to_string()),
        attempts: vec![attempt; attempts],
    }
}

fn form(text: &str) -> EndpointFormPage {
    EndpointFormPage {
        shell: framed(text),
        id: Some(text.into()),
        form: EndpointForm {
            url: text.into(),
            description: text.into(),
            types: text.into(),
            headers: text.into(),
            calls: text.into(),
            per: text.into(),
            waits: text.into(),
            ..EndpointForm::default()
        },
        problems: vec![("url", text.into()), ("calls", text.into())],
        problem: Some(text.into()),
        organizations: vec![text.into()],
        types: vec![("sync.complete".into(), "A sync completed.".into())],
        header_names: vec![text.into(); 2],
        usual_waits: "5s 5m".into(),
    }
}

/// Every page of this room but the form, with `text` wherever a text can stand.
fn pages(text: &str, rows: usize) -> Vec<(&'static str, String)> {
    let endpoints = |rows| EndpointsPage {
        shell: framed(text),
        narrow: narrow("/portal/endpoints", text),
        problem: None,
        rows: vec![row(text); rows],
        older: Some("ep_1".into()),
    };
    let pages: [(&str, &dyn DynTemplate); 6] = [
        ("endpoints", &endpoints(rows.min(20))),
        ("no endpoints", &endpoints(0)),
        ("endpoint", &endpoint_page(text, rows)),
        ("deliveries", &deliveries_page(text, rows)),
        ("no deliveries", &deliveries_page(text, 0)),
        ("delivery", &delivery_page(text, rows)),
    ];
    pages.iter().map(|(name, page)| (*name, page.dyn_render().unwrap())).collect()
}

/// All of them, without the examples of addresses in the form, which lead nowhere.
fn all(text: &str, rows: usize) -> Vec<String> {
    let form = form(text).dyn_render().unwrap().replace("placeholder=\"https:", "placeholder=\"");
    pages(text, rows).into_iter().map(|(_, page)| page).chain([form]).collect()
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
    let html = delivery_page(&"<".repeat(20_000), 60).dyn_render().unwrap();
    assert!(html.contains("30 earlier attempts not shown") && html.contains("Only the beginning is shown"));
}

#[test]
fn one_thing_is_not_called_many() {
    let page = endpoint_page("x", 1).dyn_render().unwrap();
    assert!(page.contains("Drop 1 waiting delivery?") && page.contains("Keep it"), "{page}");
    let many = EndpointPage { row: EndpointRow { waiting: 1_200, ..row("x") }, ..endpoint_page("x", 1) };
    assert!(many.dyn_render().unwrap().contains("Drop 1,200 waiting deliveries?"));
}

#[test]
fn a_page_without_hits_that_did_not_look_at_all_says_that_there_may_be_more() {
    let none = DeliveriesPage { problem: None, ..deliveries_page("a", 0) }.dyn_render().unwrap();
    assert!(none.contains("None of the 2,000 deliveries") && none.contains("rel=\"next\""), "{none}");
    let buttons = tags(&none).into_iter().filter(|tag| tag.starts_with("a class=\"button\" rel=\"next\""));
    assert_eq!(buttons.count(), 1);
    let end = DeliveriesPage { problem: None, next: None, ..deliveries_page("a", 0) }.dyn_render().unwrap();
    assert!(end.contains("Nothing further"), "behind the end the list ends, whatever the filters: {end}");
}
