//! The reference that people read, written from the document.

use serde_json::{Map, Value};
use std::fmt::Write as _;

const HEAD: &str = "<!-- Written by `syncline openapi --reference`; a test compares it. Do not edit. -->\n\n# API\n\n\
    The same as a program reads it: `GET /v1/openapi.json` of any hub, or `syncline openapi` (OpenAPI 3.1).\n\n\
    - **Who may call.** `Authorization: Bearer syn_…`. A key is of one organization and sees nothing else, or of all: where this page says \
    *operator*, it has to be one of those. `syncline api-key create NAME` makes one.\n\
    - **Errors** are problem JSON; programs look at `code`. [Errors](errors.md) says what each means and what to do. With `Retry-After`, the \
    same request may succeed after so many seconds. Below stand those that not all have: everything that wants a key may also answer 401 \
    (`key_missing`, `key_unknown`), 500 (`internal`) and 503 (`database_unavailable`, `starting`, `too_slow`).\n\
    - **Lists** come in pages: `limit` says how many, `next_cursor` is the next request's `cursor`, and null at the end. A page neither skips \
    nor repeats what was there all the time.\n\
    - **Moments** are RFC 3339 in UTC. Where a request takes one, a date or milliseconds since 1970 do as well.\n\
    - What a route does not know, in the query or in the body, is refused. Answers may get further fields.\n";

/// The whole page, in Markdown.
#[must_use]
pub fn reference(document: &Value) -> String {
    let mut page = HEAD.to_owned();
    let tags: Vec<(&str, &str)> =
        list(&document["tags"]).iter().map(|tag| (word(&tag["name"]), word(&tag["description"]))).collect();
    page.push_str("\n| | |\n|---|---|\n");
    for (tag, says) in &tags {
        let _ = writeln!(page, "| [{tag}](#{}) | {says} |", anchor(tag));
    }
    page.push_str("| [Schemas](#schemas) | What bodies look like. |\n");
    for (tag, says) in &tags {
        let _ = write!(page, "\n## {tag}\n\n{says}\n");
        for (path, method, operation) in operations(document) {
            if operation["tags"][0] == *tag {
                show(&mut page, path, method, operation);
            }
        }
    }
    page.push_str("\n## What is told\n\nWhat endpoints receive, by type; [notifications](notifications.md) says how to verify it.\n\n| type | means |\n|---|---|\n");
    for (name, told) in fields(&document["webhooks"]) {
        let _ = writeln!(page, "| `{name}` | {} |", cell(word(&told["post"]["description"])));
    }
    page.push_str("\n## Schemas\n");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        describe(&mut page, name, schema);
    }
    page
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// All operations, by path and then as people think of them.
fn operations(document: &Value) -> Vec<(&str, &'static str, &Value)> {
    fields(&document["paths"])
        .flat_map(|(path, item)| {
            METHODS.into_iter().filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
        })
        .collect()
}

fn show(page: &mut String, path: &str, method: &str, operation: &Value) {
    let _ = write!(page, "\n### {} {path}\n\n{}.", method.to_uppercase(), word(&operation["summary"]));
    let says = word(&operation["description"]);
    if !says.is_empty() {
        let _ = write!(page, " {says}");
    }
    let _ = writeln!(page, " {}", who(&operation["security"]));
    let parameters = list(&operation["parameters"]);
    if !parameters.is_empty() {
        page.push_str("\n| parameter | | |\n|---|---|---|\n");
    }
    for one in parameters {
        let needed = if one["in"] == "query" && one["required"] == true { ", needed" } else { "" };
        let kind = kind(&one["schema"]);
        let (name, place, says) = (word(&one["name"]), word(&one["in"]), cell(word(&one["description"])));
        let _ = writeln!(page, "| `{name}` | {place}{needed}, {kind} | {says} |");
    }
    body(page, &operation["requestBody"]);
    page.push_str("\n| answer | |\n|---|---|\n");
    for (status, answer) in fields(&operation["responses"]) {
        // What all have in common is said once, at the top.
        if answer.get("$ref").is_some() {
            continue;
        }
        let forms: Vec<String> = fields(&answer["content"])
            .filter(|(form, _)| *form != "application/problem+json")
            .map(|(form, media)| match form.as_str() {
                "application/json" => kind(&media["schema"]),
                other => format!("`{other}`"),
            })
            .collect();
        let of = if forms.is_empty() { String::new() } else { format!(" {}", forms.join(", ")) };
        let _ = writeln!(page, "| {status} | {}{of} |", cell(word(&answer["description"])));
    }
}

fn body(page: &mut String, body: &Value) {
    let Some((form, media)) = fields(&body["content"]).next() else { return };
    let may = if body["required"] == true { "" } else { ", or nothing" };
    let form = if form == "application/json" { String::new() } else { format!(" as `{form}`") };
    let _ = write!(page, "\nTakes {}{form}{may}.\n", kind(&media["schema"]));
    if let Some(example) = media.get("example") {
        let text = serde_json::to_string_pretty(example).unwrap_or_default();
        let _ = write!(page, "\n```json\n{text}\n```\n");
    }
}

fn describe(page: &mut String, name: &str, schema: &Value) {
    let _ = write!(page, "\n### {name}\n\n{}\n", word(&schema["description"]));
    let all: Vec<(&String, &Value)> = fields(&schema["properties"]).collect();
    if all.is_empty() {
        let _ = write!(page, "\nIt is {}.\n", kind(schema));
        return;
    }
    page.push_str("\n| field | | |\n|---|---|---|\n");
    let required: Vec<&str> = list(&schema["required"]).iter().map(word).collect();
    let place = |name: &str| required.iter().position(|one| *one == name).unwrap_or(usize::MAX);
    let mut all = all;
    all.sort_by_key(|(name, _)| place(name));
    for (name, field) in all {
        let mut says = cell(word(&field["description"]));
        if let Some(usual) = field.get("default") {
            let _ = write!(says, " Usually `{usual}`.");
        }
        let may = if place(name) == usize::MAX { ", may be missing" } else { "" };
        let _ = writeln!(page, "| `{name}` | {}{may} | {says} |", kind(field));
    }
}

/// What kind of value a schema is of, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", anchor(name));
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        let told = words.iter().filter(|one| **one != "");
        return told
            .map(|one| format!("`{}`", one.as_str().unwrap_or("null")))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let (first, null) = match &schema["type"] {
        Value::Array(kinds) => (word(&kinds[0]), " or null"),
        one => (word(one), ""),
    };
    let kind = match first {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" => object(schema),
        "string" if schema["format"] == "date-time" => "moment".to_owned(),
        "string" => "text".to_owned(),
        "integer" => "whole number".to_owned(),
        "" => "JSON".to_owned(),
        other => other.to_owned(),
    };
    format!("{kind}{null}")
}

fn object(schema: &Value) -> String {
    let named = &schema["additionalProperties"];
    if named.is_object() {
        return format!("{} by name", kind(named));
    }
    let fields: Vec<String> =
        fields(&schema["properties"]).map(|(name, field)| format!("`{name}`: {}", kind(field))).collect();
    if fields.is_empty() { "object".to_owned() } else { format!("{{ {} }}", fields.join(", ")) }
}

/// Who may call.
fn who(security: &Value) -> &'static str {
    let names: Vec<&String> =
        list(security).iter().flat_map(|one| fields(one).map(|(name, _)| name)).collect();
    match names.first().map(|name| name.as_str()) {
        None => "For everybody.",
        Some("operatorKey") => "For an *operator*.",
        Some("metricsToken") => "With `telemetry.metrics_token`, where one is configured.",
        Some(_) if list(security).len() > 1 => "With a key, or from a page that may.",
        Some(_) => "With a key.",
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Text as a cell of a table has it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Where a heading is found.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}
