//! Exports: everything that was selected, in a form that others read as it was meant.

use crate::support::TestHub;
use crate::support::rows::{connection, contact, mirror};
use serde_json::Value;
use syncline_core::record::Record;

/// A small reader of RFC 4180, written without a look at the writer.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => cell.push(rest.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(rest.next(), Some('\n'), "lines end with CR LF");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "the last line ends");
    rows
}

const HOSTILE: [&str; 6] =
    ["=cmd|' /C calc'!A0", "a,\"b\"\r\nc", "+1+1", "@x", "-2+3", "\u{202e}<script>alert(1)</script>"];

#[tokio::test(flavor = "multi_thread")]
async fn json_lines_hold_every_record_as_the_list_shows_it() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    mirror(&hub, &own, (1_000..1_450).map(|n| contact(&n.to_string(), "Zoë\nM")).collect()).await;
    let answer = hub.get("/v1/records/export").await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"records.jsonl\"");
    let text = answer.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let list = hub.get("/v1/records?limit=500").await.json();
    assert_eq!(&lines, list["data"].as_array().unwrap(), "more than one page of them, in the same order");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_read_back_by_others_and_runs_nothing_in_a_spreadsheet() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    let records = (10..).zip(HOSTILE).map(|(n, name)| contact(&n.to_string(), name));
    mirror(&hub, &own, records.collect()).await;
    let answer = hub.get("/v1/records/export?format=csv&columns=email,firstname,nothing").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"records.csv\"");
    let rows = csv(&answer.text());
    assert_eq!(rows[0][..5], ["connection_id", "type", "id", "collection", "name"]);
    assert_eq!(rows[0][12..], ["email", "firstname", "nothing"]);
    assert_eq!(rows.len(), 1 + HOSTILE.len());
    for (row, name) in rows[1..].iter().zip(HOSTILE) {
        let harmless =
            if name.starts_with(['=', '+', '-', '@']) { format!("'{name}") } else { name.to_owned() };
        assert_eq!(row[4], harmless);
        assert_eq!(row[12..], [format!("{}@example.com", row[2]), harmless, String::new()]);
    }
    let whole = csv(&hub.get("/v1/records/export?format=csv").await.text());
    let body: Value = serde_json::from_str(&whole[1][12]).unwrap();
    assert_eq!((whole[0][12].as_str(), &body["properties"]["firstname"]), ("body", &HOSTILE[0].into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_an_export_and_nothing_is_still_a_file() {
    let hub = TestHub::start(&[]).await;
    let own = connection(&hub, "con_1", "org_a", "1").await;
    let archived = Record { archived: true, ..contact("2", "Bea") };
    mirror(&hub, &own, vec![contact("1", "Ada"), archived]).await;
    for (query, lines) in
        [("", 2), ("archived=true", 1), ("search=ada", 1), ("search=nobody", 0), ("org_id=org_b", 0)]
    {
        assert_eq!(
            hub.get(&format!("/v1/records/export?{query}")).await.text().lines().count(),
            lines,
            "{query}"
        );
        let rows = csv(&hub.get(&format!("/v1/records/export?format=csv&{query}")).await.text());
        assert_eq!(rows.len(), lines + 1, "{query}");
    }
    for (query, code) in [
        ("format=xml", "bad_format"),
        ("columns=email", "bad_columns"),
        ("archived=maybe", "bad_flag"),
        ("limit=5", "bad_query"),
    ] {
        let answer = hub.get(&format!("/v1/records/export?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code.to_owned()), "{query}");
    }
}
