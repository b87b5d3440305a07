//! Pages of connections, runs and records, drawn with whatever a CRM may hold: whole, small and harmless.

use crate::portal_endpoints_views::weight;
use crate::portal_syncs::views::{done, event};
use crate::portal_views::{nasty, shell, tags};
use askama::DynTemplate;
use syncline_hub::portal::views::syncs::{SideEvent, SyncDid};
use syncline_hub::portal::views::text::segment;
use syncline_hub::portal::views::{
    BudgetRow, Choice, ConnectForm, ConnectLinkPage, ConnectPage, ConnectionPage, ConnectionRow,
    ConnectionsPage, Filter, HookRow, LanePosition, LaneView, Narrow, RecordCount, RecordPage, RecordRow,
    RecordsPage, RunPage, RunRow, RunsPage, WayGroup, draw,
};

const ICONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/icons.svg"));
const AT: &str = "2026-11-22T07:08:20.533Z";

fn at() -> Option<String> {
    Some(AT.to_owned())
}

fn narrow(text: &str) -> Narrow {
    let known = Choice { value: text.into(), label: text.into() };
    let filters = vec![
        Filter::search("search", "Name contains", text),
        Filter::new("organization", "Organization", text).suggest(vec![known.clone()]),
        Filter::one_of("state", "State", text, vec![known]),
    ];
    Narrow { base: "/portal/records".into(), filters, cursor: text.into() }
}

fn run(text: &str) -> RunRow {
    RunRow {
        id: text.into(),
        connection_id: text.into(),
        account_name: text.into(),
        provider_name: text.into(),
        organization: text.into(),
        mode: "full".into(),
        trigger: "schedule".into(),
        state: "running".into(),
        reason: Some(text.into()),
        unfinished: true,
        read: 1_234_567,
        total: Some(2_000_000),
        per_second: Some(1_100),
        millis: Some(65_000),
        created_at: AT.into(),
        started_at: at(),
        heartbeat_at: at(),
        ..RunRow::default()
    }
}

fn connection(text: &str) -> ConnectionRow {
    ConnectionRow {
        id: text.into(),
        provider: text.into(),
        provider_name: text.into(),
        account: text.into(),
        account_name: text.into(),
        organization: text.into(),
        user: text.into(),
        app: text.into(),
        by_oauth: true,
        status: "needs_reauthorization".into(),
        reason: Some(text.into()),
        created_at: AT.into(),
        last_run: Some(run(text)),
        records: Some(1_000_000),
    }
}

fn record(text: &str) -> RecordRow {
    RecordRow {
        connection_id: "con_01M8118F5N9Y51SCC195FW6N99".into(),
        connection_title: text.into(),
        object_type: text.chars().take(20).collect(),
        // Together with the type as long as the list lets 40 addresses be.
        id: text.chars().take(20).collect(),
        name: text.into(),
        collection: text.into(),
        organization: text.into(),
        modified_at: at(),
        archived: true,
        gone: false,
        merged: false,
    }
}

fn connections_page(text: &str, rows: usize) -> ConnectionsPage {
    ConnectionsPage {
        shell: shell(text),
        narrow: narrow(text),
        problem: Some(text.into()),
        rows: vec![connection(text); rows],
        older: Some(text.into()),
    }
}

fn connection_page(text: &str, rows: usize) -> ConnectionPage {
    let count = RecordCount {
        object_type: text.into(),
        collection: text.into(),
        title: text.into(),
        live: 1_000_000,
        archived: 1,
        gone: 1,
    };
    let budget = BudgetRow {
        limit: "burst".into(),
        part: text.into(),
        used: 110,
        calls: 110,
        span_ms: 10_000,
        waiting: 2,
        closed_ms: 900,
    };
    let hook = HookRow { remote_id: text.into(), part: text.into(), url: text.into(), expires_at: at() };
    let lane = LanePosition { title: text.into(), high_water: at(), full_at: None };
    ConnectionPage {
        shell: shell(text),
        row: connection(text),
        scopes: vec![text.into(); rows],
        more_scopes: 1,
        updated_at: AT.into(),
        records: Some(vec![count; rows]),
        more_records: 1,
        stale: 3,
        lanes: vec![lane; rows],
        more_lanes: 1,
        budgets: vec![budget; rows.min(12)],
        more_budgets: 1,
        runs: vec![run(text); rows.min(5)],
        hooks: vec![hook; rows],
        more_hooks: 1,
    }
}

fn run_page(text: &str, rows: usize) -> RunPage {
    let lane = LaneView {
        title: text.into(),
        object_type: text.into(),
        state: "failed".into(),
        since: at(),
        read: 10,
        total: Some(100),
        notice: Some(text.into()),
        error: Some(text.into()),
        updated_at: AT.into(),
        ..LaneView::default()
    };
    RunPage {
        shell: shell(text),
        run: run(text),
        wish: vec![(text.chars().take(40).collect(), text.into())],
        lanes: vec![lane; rows],
        more_lanes: 2,
    }
}

fn record_page(text: &str, properties: usize, body: String) -> RecordPage {
    RecordPage {
        shell: shell(text),
        row: record(text),
        provider_name: text.into(),
        url: Some(format!("https://app.example/{text}")),
        facts: vec![("In", text.into())],
        times: vec![("Modified there", AT.into())],
        merged_into: Some(text.chars().take(50).collect()),
        properties: vec![(text.into(), text.into()); properties],
        body,
        did: vec![
            SyncDid { sync_name: text.into(), side: Some(text.into()), here: false, view: done(text) };
            properties.min(8)
        ],
        history: vec![SideEvent { side: text.into(), here: false, row: event(text) }; 15],
        synced: Vec::new(),
        events_href: "/portal/events".into(),
    }
}

fn records_page(text: &str, rows: usize) -> RecordsPage {
    RecordsPage {
        shell: shell(text),
        narrow: narrow(text),
        problem: Some(text.into()),
        export_query: "search=a".into(),
        rows: vec![record(text); rows],
        next: Some(text.into()),
    }
}

/// Every page of these rooms, with `text` wherever a text can stand.
fn pages(text: &str, rows: usize) -> Vec<String> {
    let runs = RunsPage {
        shell: shell(text),
        narrow: narrow(text),
        problem: None,
        rows: vec![run(text); rows],
        older: Some(text.into()),
    };
    let form = ConnectForm {
        organization: text.into(),
        user: text.into(),
        way: text.into(),
        again: text.into(),
        problem: Some(text.into()),
    };
    let way = Choice { value: text.into(), label: text.into() };
    let new = ConnectPage {
        shell: shell(text),
        form,
        again: Some(text.into()),
        ways: vec![WayGroup { provider_name: text.into(), ways: vec![way] }],
        organizations: vec![text.into()],
    };
    let link = ConnectLinkPage {
        shell: shell(text),
        provider_name: text.into(),
        organization: text.into(),
        url: "https://hub.example.com/connect/start?ticket=x".into(),
        expires_at: AT.into(),
    };
    let body = serde_json::json!({ "properties": { text: text } }).to_string();
    let pages: [&dyn DynTemplate; 9] = [
        &connections_page(text, rows),
        &connections_page(text, 0),
        &connection_page(text, rows),
        &new,
        &link,
        &runs,
        &run_page(text, rows),
        &records_page(text, rows),
        &record_page(text, rows, body),
    ];
    pages.iter().map(|page| page.dyn_render().unwrap()).collect()
}

#[test]
fn no_text_becomes_markup() {
    stay_harmless(|text| pages(text, 2));
}

/// Whatever stands in them, the pages that `pages` makes have the tags that they have with an ordinary word.
pub fn stay_harmless(pages: impl Fn(&str) -> Vec<String>) {
    let harmless = pages("org_acme");
    for text in nasty() {
        for (page, harmless) in pages(&text).iter().zip(&harmless) {
            assert!(!page.contains("<script>") && !page.contains("<img"), "{text}");
            let names = |html: &str| -> Vec<String> {
                let names =
                    tags(html).into_iter().map(|tag| tag.split([' ', '\n']).next().unwrap_or("").to_owned());
                names.filter(|name| !matches!(name.as_str(), "span" | "/span")).collect()
            };
            if text.chars().count() <= 60 {
                assert_eq!(names(page), names(harmless), "{text}");
            }
        }
    }
}

#[test]
fn pages_obey_the_policy_and_draw_icons_there_are() {
    obey_the_policy(&pages("org_acme", 2));
}

/// Nothing inline, nothing from elsewhere, and no icon that there is not.
pub fn obey_the_policy(pages: &[String]) {
    for page in pages {
        for tag in tags(page) {
            assert!(!tag.contains(" style=") && !tag.starts_with("style"), "{tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/portal/assets/"), "{tag}");
            let names = tag.split_whitespace().filter_map(|part| part.split_once('=')).map(|(name, _)| name);
            assert!(!names.into_iter().any(|name| name.starts_with("on")), "an inline handler: {tag}");
            let leads_away = tag.contains("=\"http:") || tag.contains("=\"https:");
            assert!(!leads_away || tag.contains("rel=\"noopener") || tag.contains("data-copy="), "{tag}");
        }
        for rest in page.split("icons.svg?v=0a1b2c#").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(ICONS.contains(&format!("<symbol id=\"{name}\"")), "{name}");
        }
    }
}

#[test]
fn every_label_has_its_field_and_no_id_stands_twice() {
    name_what_there_is(&pages("org_acme", 3));
}

/// Every label and every reference names something on the page, and nothing has the name of something else.
pub fn name_what_there_is(pages: &[String]) {
    for page in pages {
        let all = |start: &str| -> Vec<String> {
            page.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
        };
        let ids = all(" id=\"");
        let mut distinct = ids.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), ids.len(), "{ids:?}");
        for name in all(" for=\"").into_iter().chain(all(" aria-labelledby=\"")).chain(all(" list=\"")) {
            assert!(ids.contains(&name), "nothing is called {name}");
        }
    }
}

#[test]
fn every_page_can_be_read_aloud() {
    can_be_read_aloud(&pages("org_acme", 3));
}

/// What a screen reader needs: one heading above all others and none left out, names for tables, columns, rows, regions and bars,
/// a label for every field.
pub fn can_be_read_aloud(pages: &[String]) {
    for page in pages {
        let tags = tags(page);
        let of = |name: &str| {
            tags.iter().filter(|tag| tag.split([' ', '\n']).next() == Some(name)).collect::<Vec<_>>()
        };
        assert_eq!(of("h1").len(), 1);
        let mut level = 1;
        for tag in &tags {
            if let Some(now) = tag.strip_prefix('h').and_then(|rest| rest.chars().next()?.to_digit(10)) {
                assert!(now <= level + 1, "{tag} after h{level}");
                level = now;
            }
        }
        assert_eq!(of("table").len(), of("caption").len());
        assert!(of("th").iter().all(|tag| tag.contains("scope=")));
        for name in ["progress", "nav", "section"] {
            assert!(of(name).iter().all(|tag| tag.contains("aria-label")), "{name} without a name: {page}");
        }
        for field in of("input").into_iter().chain(of("select")).chain(of("textarea")) {
            let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let labelled = field.contains(" aria-label=")
                || id.is_some_and(|id| page.contains(&format!("for=\"{id}\"")));
            let unseen = field.contains("type=\"hidden\"") || field.contains("aria-hidden=\"true\"");
            let inside = field.contains("type=\"radio\"") || field.contains("type=\"checkbox\"");
            assert!(labelled || inside || unseen, "no label: {field}");
        }
        for button in of("button") {
            assert!(button.contains("type="), "a button that may submit by accident: {button}");
        }
    }
}

#[test]
fn pages_stay_below_100_kb() {
    let names = ["connections", "none", "connection", "new", "link", "runs", "run", "records", "record"];
    for (name, html) in names.iter().zip(pages("org_acme", 40)) {
        assert!(html.len() < 80_000, "{name}: {}", html.len());
    }
    for filler in ["<", "\u{202e}", "\"", "é", "a"] {
        let text = filler.repeat(255);
        let body = format!("[\"{}\"]", filler.repeat(400_000));
        let html = draw(&record_page(&text, 5_000, body)).unwrap();
        assert!(weight(&html) < 100_000, "a record: {} for {filler}", weight(&html));
        assert!(html.contains("Only the beginning is shown") && html.contains("more are in the raw form"));
        // Ids are ours, and short.
        let mut page = connections_page(&text, 20);
        for row in &mut page.rows {
            row.id = "con_01M8118F5N9Y51SCC195FW6N99".into();
            row.last_run = Some(RunRow { id: row.id.clone(), ..run(&text) });
        }
        let html = draw(&page).unwrap();
        assert!(weight(&html) < 100_000, "connections: {} for {filler}", weight(&html));
        // As many as the bytes of their addresses let fit.
        let rows = (14_000 / (2 * segment(&text).len())).clamp(1, 40);
        let html = draw(&records_page(&text, rows)).unwrap();
        assert!(weight(&html) < 100_000, "records: {} for {filler}", weight(&html));
    }
}

#[test]
fn only_addresses_of_the_web_are_linked() {
    for (url, linked) in [
        ("https://a.example/1", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("//a", false),
    ] {
        let page = RecordPage { url: Some(url.into()), ..record_page("x", 1, "{}".into()) };
        assert_eq!(page.dyn_render().unwrap().contains(&format!("href=\"{url}\"")), linked, "{url}");
    }
}

#[test]
fn filters_make_addresses_that_mean_the_same() {
    let narrow = Narrow { cursor: "".into(), ..narrow("a&b=c#d") };
    assert_eq!(
        narrow.href(),
        "/portal/records?search=a%26b%3Dc%23d&organization=a%26b%3Dc%23d&state=a%26b%3Dc%23d"
    );
    assert_eq!(narrow.page_href("x y"), format!("{}&cursor=x%20y", narrow.href()));
    assert_eq!(
        Narrow { base: "/portal/runs".into(), ..Narrow::default() }.page_href("x"),
        "/portal/runs?cursor=x"
    );
}
