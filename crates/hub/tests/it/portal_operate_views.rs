//! The pages that operators look after, drawn: whatever is in them, they stay whole, small and harmless.

use crate::portal_endpoints_views::weight;
use crate::portal_records_views::can_be_read_aloud;
use crate::portal_views::{nasty, shell, tags};
use askama::Template;
use syncline_hub::portal::views::counters::form::{DefinitionForm, DefinitionFormPage};
use syncline_hub::portal::views::operate::{AppRow, AppsPage, SealingKey, SealingPage};
use syncline_hub::portal::views::overview::{Figures, FlowBar, Need, OverviewPage, Step};
use syncline_hub::portal::views::{AuditPage, AuditRow, Choice, ConnectionRow, Filter, Narrow, RunRow, draw};

const ICONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/icons.svg"));

fn connection(text: &str) -> ConnectionRow {
    let run = RunRow { account_name: text.into(), state: "failed".into(), ..RunRow::default() };
    ConnectionRow {
        id: text.into(),
        provider_name: text.into(),
        account_name: text.into(),
        organization: text.into(),
        status: "active".into(),
        last_run: Some(run),
        ..ConnectionRow::default()
    }
}

fn overview(text: &str) -> OverviewPage {
    let step = Step { done: true, title: "Connect", say: "With a key.", href: "/portal", link: "Go" };
    let hour = |n: u64| FlowBar {
        from: format!("2026-11-22T{:02}:00:00.000Z", n % 24),
        counted: n > 0,
        events: n * 1_000,
        delivered: n,
        failed: n / 2,
        records: n * 7,
        pages: n,
        writes: n,
    };
    OverviewPage {
        shell: shell(text),
        steps: vec![step; 5],
        first_command: text.into(),
        needs: vec![Need::of(3, "jobs are parked", "/portal/jobs".into(), text.into()); 12],
        connections: vec![connection(text); 12],
        active: 10,
        broken: 2,
        more: 90,
        now: Figures { events: 5, delivered: 4, failed: 1, loads: 2, more_loads: true, writes: 3 },
        hours: (0..24).map(hour).collect(),
    }
}

fn audit(text: &str, rows: usize) -> AuditPage {
    let row = AuditRow {
        at: "2026-11-22T07:08:20.533Z".into(),
        door: "Portal",
        actor: text.into(),
        says: "Account connected".into(),
        action: "connection.connected".into(),
        organization: Some(text.into()),
        object_id: text.into(),
        detail: text.into(),
    };
    let narrow = Narrow {
        base: "/portal/audit".into(),
        filters: vec![Filter::new("actor", "Who", text), Filter::instant("since", "From", text)],
        cursor: text.into(),
    };
    AuditPage {
        shell: shell(text),
        narrow,
        problem: Some(text.into()),
        rows: vec![row; rows],
        older: Some(text.into()),
    }
}

/// Every page of this file, with `text` wherever a text can stand.
fn every_page(text: &str) -> Vec<String> {
    let narrow = || Narrow {
        base: "/portal/apps".into(),
        filters: vec![Filter::search("search", "Name contains", text)],
        cursor: text.into(),
    };
    let app = AppRow {
        name: text.into(),
        provider: text.into(),
        provider_name: "HubSpot".into(),
        client_id: Some(text.into()),
        redirect_url: Some(text.into()),
        webhook_url: Some(text.into()),
        required: vec![text.into()],
        optional: vec![text.into()],
        rotating: true,
        missing: vec![(text.into(), "webhooks are refused")],
        active: 3,
        broken: 1,
        last_connected_at: Some("2026-11-22T07:08:20.533Z".into()),
    };
    let apps = AppsPage {
        shell: shell(text),
        narrow: narrow(),
        problem: None,
        older: None,
        rows: vec![app, AppRow { name: text.into(), ..AppRow::default() }],
        providers: vec![Choice { value: text.into(), label: text.into() }],
    };
    let key = SealingKey { id: text.into(), available: true, connections: 4, ..SealingKey::default() };
    let lost = SealingKey { available: false, ..key.clone() };
    let keys = vec![SealingKey { current: true, ..key.clone() }, key, lost];
    let sealing = SealingPage {
        shell: shell(text),
        narrow: narrow(),
        problem: None,
        in_a_file: true,
        listed: vec![text.into()],
        keys,
        older: Some(text.into()),
    };
    let form = DefinitionForm {
        name: text.into(),
        connection_id: text.into(),
        payload: text.into(),
        truth: "sql".into(),
        sql_query: text.into(),
        ..DefinitionForm::usual()
    };
    let fields = ["name", "payload", "key", "store.server", "truth.query", "elsewhere"];
    let definition = DefinitionFormPage {
        shell: shell(text),
        id: Some(text.into()),
        trigger_shown: Some(text.into()),
        connections: vec![Choice { value: text.into(), label: text.into() }],
        servers: vec![text.into()],
        databases: vec![text.into()],
        preview: Some(text.into()),
        form,
        problems: fields.map(|field| (field.to_owned(), text.to_owned())).into(),
    };
    vec![
        overview(text).render().unwrap(),
        audit(text, 3).render().unwrap(),
        audit(text, 0).render().unwrap(),
        apps.render().unwrap(),
        sealing.render().unwrap(),
        definition.render().unwrap(),
    ]
}

#[test]
fn no_text_becomes_markup() {
    for text in nasty() {
        for page in every_page(&text) {
            assert!(!page.contains("<script>") && !page.contains("<img"), "{text}");
        }
    }
}

#[test]
fn pages_obey_a_strict_content_security_policy_and_every_icon_exists() {
    for page in every_page("org_acme") {
        for tag in tags(&page) {
            assert!(!tag.contains(" style=") && !tag.starts_with("style"), "{tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/portal/assets/"), "{tag}");
        }
        for rest in page.split("icons.svg?v=0a1b2c#").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(ICONS.contains(&format!("<symbol id=\"{name}\"")), "{name}");
        }
    }
}

#[test]
fn every_field_has_a_label_and_says_what_is_wrong_with_it() {
    for page in every_page("org_acme") {
        for tag in tags(&page).into_iter().filter(|tag| {
            let is_field = ["input ", "select ", "textarea "].iter().any(|name| tag.starts_with(name));
            is_field
                && !tag.contains("type=\"hidden\"")
                && !tag.contains("type=\"radio\"")
                && !tag.contains("type=\"checkbox\"")
        }) {
            let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
            assert!(
                page.contains(&format!("<label for=\"{id}\"")) || page.contains(&format!("for=\"{id}\"")),
                "{tag}"
            );
            if let Some(about) = tag.split("aria-describedby=\"").nth(1) {
                let about = about.split('"').next().unwrap();
                assert!(page.contains(&format!("id=\"{about}\"")), "{tag}");
            }
        }
    }
}

#[test]
fn every_page_can_be_read_aloud() {
    can_be_read_aloud(&every_page("org_acme"));
}

#[test]
fn pages_stay_small() {
    for page in every_page("org_acme") {
        assert!(page.len() < 60_000, "{}: {:.200}", page.len(), page);
    }
    let full = audit("a name of an ordinary length", 40).render().unwrap();
    assert!(full.len() < 60_000, "{}", full.len());
    for text in nasty() {
        let longest: String = text.chars().cycle().take(255).collect();
        let html = draw(&audit(&longest, 40)).unwrap();
        assert!(weight(&html) < 100_000, "{} for {text:.20}", weight(&html));
    }
}
