//! The portal's pages: whatever somebody typed into a CRM, they stay whole, small and harmless.

use crate::portal_endpoints_views::weight;
use crate::portal_records_views::can_be_read_aloud;
use askama::Template;
use proptest::prelude::*;
use syncline_hub::portal::views::{
    Assets, ErrorPage, EventDetail, EventFilters, EventPage, EventRow, EventRowFragment, EventsPage, Filter,
    JobCounts, JobRow, JobState, JobsPage, KeyForm, KeyRow, KeysPage, LoginPage, LoginProblem, Narrow,
    NewKey, Notice, Section, SetupPage, Shell, Stats, StatsFragment, Tone, draw, json, text,
};

const ICONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/icons.svg"));
const SCRIPTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/portal/assets/events.js"));

/// Texts that break pages which are not careful.
pub fn nasty() -> Vec<String> {
    let plain = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "&lt;b&gt; &amp;",
        "nul\0bell\u{7}\r\nline\ttab",
        "\u{202e}gnp.exe\u{2066} \u{200f}",
        "مرحبا — שלום",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "{{ 7*7 }}{% raw %}",
        "../../setup?a=b&c=d#e",
    ];
    plain.iter().map(|text| (*text).to_owned()).chain(["Ünï<".repeat(2_500)]).collect()
}

fn row(text: &str) -> EventRow {
    EventRow {
        id: "evt_01M8118F5N9Y51SCC195FW6N99".into(),
        stream_position: 7,
        occurred_at: "2026-11-22T07:08:20.533Z".into(),
        received_at: "2026-11-22T07:08:20.761Z".into(),
        organization: Some(text.into()),
        provider: text.into(),
        provider_name: text.into(),
        app: text.into(),
        account: text.into(),
        object_type: text.into(),
        object_id: text.into(),
        kind: format!("contact.{text}"),
        property: Some(text.into()),
        value: Some(text.into()),
    }
}

fn ordinary_row(minute: u32) -> EventRow {
    EventRow {
        id: format!("evt_01M8118F5N9Y51SCC195FW6N{minute:02}"),
        occurred_at: format!("2026-11-22T07:{minute:02}:20.533Z"),
        property: Some("lifecyclestage".into()),
        value: Some("opportunity".into()),
        kind: "contact.propertyChange".into(),
        object_type: "contact".into(),
        object_id: "180584432881".into(),
        ..row("org_acme")
    }
}

pub fn shell(text: &str) -> Shell {
    Shell {
        assets: Assets { version: "0a1b2c".into() },
        section: Section::Events,
        csrf: text.into(),
        instance: text.into(),
        release: "0.1.0".into(),
        parked: 1_234,
        conflicts: 5,
        demo: false,
        notice: Some(Notice { tone: Tone::Good, text: text.into() }),
        came_from: String::new(),
    }
}

/// The filters of the timeline with `text` in each.
fn filters(text: &str) -> Narrow {
    let names =
        ["search", "organization", "provider", "object_type", "object_id", "kind", "account", "property"];
    let of = names.into_iter().map(|name| Filter::new(name, name, text));
    Narrow {
        base: "/portal/events".into(),
        filters: [Filter::hidden("order", "oldest")]
            .into_iter()
            .chain(of)
            .chain([Filter::instant("from", "From", text), Filter::instant("to", "To", text)])
            .collect(),
        cursor: text.into(),
    }
}

fn timeline(text: &str, rows: Vec<EventRow>) -> EventsPage {
    EventsPage {
        shell: shell(text),
        narrow: filters(text),
        problem: None,
        note: Some(text.into()),
        stats: Stats::default(),
        rows,
        newer: Some(text.into()),
        older: Some(text.into()),
        reached: None,
        stream_position: 9,
        first_command: text.into(),
    }
}

/// Every page there is, with `text` wherever a text can stand.
fn every_page(text: &str) -> Vec<String> {
    let some = || Some(text.to_owned());
    let assets = || Assets { version: "0a1b2c".into() };
    let detail = || EventDetail {
        row: row(text),
        records: vec![("/portal/records/con_1/contacts/1".into(), text.into())],
        facts: vec![(text.into(), text.into())],
        raw: format!("{{\"a\":{}}}", serde_json::Value::from(text)),
        raw_href: some(),
    };
    let job = JobRow {
        id: text.into(),
        kind: text.into(),
        subject: text.into(),
        organization: some(),
        error: some(),
        attempts: 3,
        first_tried_at: some(),
        last_tried_at: Some("2026-11-22T07:08:20.533Z".into()),
        next_try_at: some(),
    };
    let key = KeyRow {
        id: text.into(),
        name: text.into(),
        organization: some(),
        prefix: text.into(),
        created_at: text.into(),
        last_used_at: some(),
        revoked_at: None,
    };
    let jobs = |state| JobsPage {
        shell: shell(text),
        state,
        counts: JobCounts::default(),
        narrow: Narrow {
            base: "/portal/jobs".into(),
            filters: vec![Filter::hidden("state", text), Filter::search("search", "Contains", text)],
            cursor: text.into(),
        },
        problem: None,
        fitting: 2,
        rows: vec![job.clone()],
        older: some(),
    };
    let keys = KeysPage {
        shell: shell(text),
        narrow: Narrow {
            base: "/portal/keys".into(),
            filters: vec![Filter::new("search", "Name contains", text)],
            cursor: text.into(),
        },
        problem: some(),
        in_use: 1,
        older: some(),
        keys: vec![key.clone(), KeyRow { revoked_at: some(), organization: None, ..key }],
        new_key: Some(NewKey { name: text.into(), organization: some(), token: text.into() }),
        form: KeyForm {
            name: text.into(),
            all_organizations: false,
            organization: text.into(),
            name_problem: some(),
            organization_problem: some(),
        },
        organizations: vec![text.into()],
    };
    let setup = SetupPage {
        assets: assets(),
        csrf: text.into(),
        token: text.into(),
        min_length: 10,
        problem: some(),
    };
    let login = LoginPage {
        assets: assets(),
        csrf: text.into(),
        instance: text.into(),
        next: text.into(),
        reset_command: text.into(),
        problem: LoginProblem::TooManyAttempts { retry_after_seconds: 61 },
    };
    let error = ErrorPage {
        assets: assets(),
        status: 404,
        title: text.into(),
        what: text.into(),
        todo: text.into(),
        request_id: text.into(),
        way_out: ("/portal/events".into(), text.into()),
    };
    let pages: [&dyn askama::DynTemplate; 9] = [
        &timeline(text, vec![row(text); 3]),
        &timeline(text, Vec::new()),
        &EventPage { shell: shell(text), event: detail(), history: vec![row(text)] },
        &jobs(JobState::Parked),
        &jobs(JobState::Waiting),
        &keys,
        &setup,
        &login,
        &error,
    ];
    pages.iter().map(|page| page.dyn_render().unwrap()).collect()
}

/// The tags of a page, without what stands between them.
pub fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|part| part.split_once('>').unwrap_or((part, "")).0).collect()
}

#[test]
fn no_text_becomes_markup() {
    let harmless = every_page("org_acme");
    for text in nasty() {
        for (page, harmless) in every_page(&text).iter().zip(&harmless) {
            assert!(!page.contains("<script>"), "{text}");
            assert!(!page.contains("<img"), "{text}");
            // Besides the spans around curious characters, the same elements in the same order.
            let names = |html: &str| -> Vec<String> {
                let names =
                    tags(html).into_iter().map(|tag| tag.split([' ', '\n']).next().unwrap_or("").to_owned());
                names
                    .filter(|name| !matches!(name.as_str(), "span" | "/span" | "option" | "p" | "/p"))
                    .collect()
            };
            let (is, should) = (names(page), names(harmless));
            // Long or many-lined errors of jobs fold; everything else is alike.
            if text.lines().count() < 2 && text.chars().count() <= 60 {
                assert_eq!(is, should, "{text}");
            }
        }
    }
}

#[test]
fn pages_obey_a_strict_content_security_policy() {
    for page in every_page("org_acme") {
        for tag in tags(&page) {
            assert!(!tag.contains(" style="), "{tag}");
            let names = tag.split_whitespace().filter_map(|part| part.split_once('=')).map(|(name, _)| name);
            assert!(!names.into_iter().any(|name| name.starts_with("on")), "an inline handler: {tag}");
            assert!(!tag.starts_with("style"), "{tag}");
            assert!(!tag.starts_with("script") || tag.contains(" src=\"/portal/assets/"), "{tag}");
            assert!(!tag.contains("http:") && !tag.contains("https:"), "somewhere else: {tag}");
        }
    }
}

#[test]
fn every_page_can_be_read_aloud() {
    can_be_read_aloud(&every_page("org_acme"));
}

#[test]
fn every_icon_exists() {
    let mut used: Vec<String> = Vec::new();
    for page in every_page("org_acme").iter() {
        let names = page.split("icons.svg?v=0a1b2c#").skip(1);
        used.extend(names.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(used.len() > 20);
    used.extend(["up", "down-arrow", "open", "close"].map(String::from));
    for name in used {
        assert!(ICONS.contains(&format!("<symbol id=\"{name}\"")), "{name}");
    }
    assert!(SCRIPTS.contains("'down-arrow'"));
}

#[test]
fn a_page_stays_below_100_kb() {
    let page = timeline("", (0..50).map(ordinary_row).collect());
    let ordinary = page.render().unwrap();
    assert!(ordinary.len() < 60_000, "{}", ordinary.len());
    for text in nasty() {
        // As long as the database lets them be.
        let longest: String = text.chars().cycle().take(255).collect();
        let html = draw(&timeline("", vec![row(&longest); 50])).unwrap();
        assert!(weight(&html) < 100_000, "{} for {text:.20}", weight(&html));
    }
    for filler in ["<", "\u{202e}", "\"", "é", "a"] {
        let event =
            EventDetail { raw: format!("[\"{}\"]", filler.repeat(400_000)), ..EventDetail::default() };
        let html = draw(&EventPage { shell: shell(""), event, history: vec![ordinary_row(1); 25] }).unwrap();
        assert!(weight(&html) < 100_000, "{} for {filler}", weight(&html));
        assert!(html.contains("Only the beginning is shown"));
    }
}

#[test]
fn a_full_page_of_parked_jobs_stays_below_100_kb_and_has_the_whole_errors_behind_links() {
    for filler in ["<", "\u{202e}", "<\n", "é", "a"] {
        let text = filler.repeat(20_000);
        let job = JobRow {
            id: "job_01M8118F5N9Y51SCC195FW6N99".into(),
            kind: "hydrate".into(),
            // Three short texts of the payload.
            subject: filler.chars().cycle().take(122).collect(),
            organization: Some(text.clone()),
            error: Some(text.clone()),
            attempts: 20,
            first_tried_at: Some("2026-11-22T07:08:20.533Z".into()),
            last_tried_at: Some("2026-11-22T07:08:20.533Z".into()),
            next_try_at: None,
        };
        let page = JobsPage {
            shell: shell("x"),
            state: JobState::Parked,
            counts: JobCounts::default(),
            narrow: Narrow { base: "/portal/jobs".into(), ..Narrow::default() },
            problem: None,
            fitting: 1_000,
            rows: vec![job; 30],
            older: Some("1.job_1".into()),
        };
        let html = draw(&page).unwrap();
        assert!(weight(&html) < 100_000, "{} for {filler:?}", weight(&html));
        assert!(html.contains("/portal/jobs/job_01M8118F5N9Y51SCC195FW6N99/error"));
    }
}

#[test]
fn a_row_travels_in_one_line_of_an_event_stream() {
    for text in nasty() {
        let html = EventRowFragment { row: &row(&text) }.render().unwrap();
        assert!(!html.contains(['\n', '\r', '\0']), "{text}");
        assert!(html.starts_with("<tr class=\"ev\"") && html.ends_with("</tr>"));
    }
}

#[test]
fn the_page_and_the_stream_draw_the_same_row() {
    let row = ordinary_row(4);
    let fragment = EventRowFragment { row: &row }.render().unwrap();
    assert!(timeline("", vec![row]).render().unwrap().contains(&fragment));
}

#[test]
fn filters_make_addresses_that_mean_the_same() {
    for text in nasty() {
        let query = filters(&text).query();
        let read: Vec<(String, String)> =
            query.split('&').map(|pair| pair.split_once('=').unwrap()).map(decoded).collect();
        assert_eq!(read.len(), 11);
        assert!(read.iter().all(|(name, value)| name == "order" || *value == text), "{query}");
    }
    assert_eq!(EventFilters::default().href(), "/portal/events");
    let kind = EventFilters { kind: "contact.merge".into(), ..EventFilters::default() };
    assert_eq!(kind.href(), "/portal/events?kind=contact.merge");
    let narrow = Narrow {
        base: "/portal/events".into(),
        filters: vec![Filter::new("kind", "Kind", "contact.merge")],
        cursor: "x".into(),
    };
    assert_eq!(narrow.page_href("older.e&1"), "/portal/events?kind=contact.merge&cursor=older.e%261");
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap() as u8;
        bytes.push(if byte == b'%' { hex(rest.next()) << 4 | hex(rest.next()) } else { byte });
    }
    (name.to_owned(), String::from_utf8(bytes).unwrap())
}

#[test]
fn only_the_page_that_follows_now_is_live() {
    let live = |narrowed: &[(&'static str, &str)], cursor: &str| {
        let filters = narrowed.iter().map(|(name, value)| Filter::new(name, name, value));
        let narrow =
            Narrow { base: "/portal/events".into(), filters: filters.collect(), cursor: cursor.into() };
        let html = EventsPage { narrow, ..timeline("", vec![ordinary_row(1)]) }.render().unwrap();
        html.split("data-stream=\"").nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    assert_eq!(live(&[], "").unwrap(), "/portal/events/stream?after=9");
    let kind = "/portal/events/stream?kind=contact.merge&#38;after=9";
    assert_eq!(live(&[("kind", "contact.merge")], "").unwrap(), kind);
    assert_eq!(live(&[("search", "512")], "").unwrap(), "/portal/events/stream?search=512&#38;after=9");
    assert_eq!(live(&[("order", "oldest")], ""), None);
    assert_eq!(live(&[("to", "2026-01-01")], ""), None);
    assert_eq!(live(&[], "older.x"), None);
}

/// A page that is not full although there may be more says how far was looked, and in which direction it goes on.
#[test]
fn a_page_says_how_far_was_looked() {
    let says = |cursor: &str, order: &str, rows: Vec<EventRow>| {
        let filters = vec![Filter::new("order", "order", order), Filter::new("property", "Property", "x")];
        let narrow = Narrow { base: "/portal/events".into(), filters, cursor: cursor.into() };
        let reached = Some("2026-11-21T23:59:59.999Z".to_owned());
        EventsPage { narrow, reached, ..timeline("", rows) }.render().unwrap()
    };
    let back = says("", "", vec![ordinary_row(1)]);
    assert!(back.contains("So far everything back to <time") && back.contains("“Older” goes on"), "{back}");
    assert!(!back.contains("Nothing found so far"));
    let empty = says("newer.evt_1", "", Vec::new());
    assert!(empty.contains("So far everything up to <time") && empty.contains("“Newer” goes on"), "{empty}");
    assert!(empty.contains("Nothing found so far") && empty.contains("Go on looking"));
    assert!(!empty.contains("Nothing further"));
    assert!(says("older.evt_1", "oldest", Vec::new()).contains("everything back to"));
    assert!(says("", "oldest", Vec::new()).contains("everything up to"));
}

#[test]
fn days_are_told_apart() {
    let mut rows: Vec<EventRow> = (0..3).map(ordinary_row).collect();
    rows[2].occurred_at = "2026-11-21T23:59:59.999Z".into();
    let html = timeline("", rows).render().unwrap();
    assert_eq!(html.matches("<tr class=\"day\">").count(), 2);
    assert!(html.contains("<span>2026-11-21</span>"));
}

#[test]
fn numbers_of_any_size_can_be_drawn() {
    for slices in [vec![], vec![0; 30], vec![u64::MAX; 30], vec![0, 1, u64::MAX]] {
        let stats =
            Stats { slices, stored: u64::MAX, lag_millis: u64::MAX, lag_waiting: 1, ..Stats::default() };
        let html = StatsFragment { stats: &stats }.render().unwrap();
        assert!(html.contains("18,446,744,073,709,551,615"));
    }
}

#[test]
fn text_is_shortened_between_characters() {
    assert_eq!(text::preview("añb", 2), "añ…");
    assert_eq!(text::preview("añ", 2), "añ");
    assert_eq!(text::visible("a\0b\u{202e}"), "a␀b\u{fffd}");
    assert_eq!(text::id("https://a.example/customer/12345/", 12), "…omer/12345/");
    assert_eq!(text::id("https://a.example/customer/1/", 40), "…/customer/1/");
    assert_eq!(text::id("https://a.example/api/v2/customer/1/", 40), "…/customer/1/");
    assert_eq!(text::id("https://a.example/ñ\u{202e}", 4), "…/ñ\u{fffd}");
    assert_eq!(text::id("18058443288", 4), "1805…");
    assert_eq!(text::id("https://a.example", 4), "http…");
    assert_eq!(text::thousands(1_234_567), "1,234,567");
    assert_eq!(text::clock("2026-01-31T09:30:00.123Z"), "09:30:00.123");
    assert_eq!(text::clock("281474976710655"), "281474976710655");
    assert_eq!(text::date_and_time("2026-01-31T09:30:00.123Z"), "2026-01-31 09:30:00");
}

/// The text that a browser would show for `html`, and copy.
fn shown(html: &str) -> String {
    let mut out = String::new();
    for (place, part) in html.split('<').enumerate() {
        out.push_str(if place == 0 { part } else { part.split_once('>').unwrap().1 });
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// `json` without the blanks between its tokens.
fn squeezed(json: &str) -> String {
    let (mut out, mut inside, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ' ' | '\t' | '\n' | '\r' if !inside => continue,
            _ => {}
        }
        out.push(c);
    }
    out
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn coloured_json_is_the_same_json(value in any_json(), pretty: bool) {
        let raw = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let coloured = json::highlight(&raw, usize::MAX);
        prop_assert!(coloured.complete);
        let shown = shown(&coloured.html);
        // DEL and the C1 controls may stand in JSON and are shown as pictures.
        if !raw.contains(|c: char| c.is_control() && c != '\n') {
            prop_assert_eq!(squeezed(&shown), squeezed(&raw));
        }
    }

    #[test]
    fn anything_can_be_coloured(raw in any::<String>(), max in 0usize..64) {
        for max in [max, usize::MAX] {
            let html = json::highlight(&raw, max).html;
            prop_assert!(!html.contains("<script") && !html.contains('\0') && !html.contains('\r'));
        }
    }

    #[test]
    fn structure_characters_never_panic(raw in "[\\[\\]{}:,\"\\\\0-9a-e. truefalsn]{0,40}") {
        let coloured = json::highlight(&raw, usize::MAX);
        prop_assert_eq!(squeezed(&shown(&coloured.html)), squeezed(&raw));
    }
}

#[test]
fn json_is_laid_out_and_keeps_every_digit_and_escape() {
    let raw = r#"{"a":[1e400,-0.10,12345678901234567890123],"b":{},"c":[],"d":"\u00e9\/<","e":[{"f":null}]}"#;
    let shown = shown(&json::highlight(raw, usize::MAX).html);
    let expected = r#"{
  "a": [
    1e400,
    -0.10,
    12345678901234567890123
  ],
  "b": {},
  "c": [],
  "d": "\u00e9\/<",
  "e": [
    {
      "f": null
    }
  ]
}"#;
    assert_eq!(shown, expected);
    assert!(json::highlight(raw, usize::MAX).html.contains("<span class=\"j-k\">\"a\"</span>: ["));
    assert_eq!(json::highlight("hello <world> 1", usize::MAX).html, "hello &lt;world&gt; 1");
    let cut = json::highlight(raw, 40);
    assert!(!cut.complete && cut.html.len() < 80, "{cut:?}");
}
