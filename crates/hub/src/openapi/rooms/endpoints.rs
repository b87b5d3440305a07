//! Endpoints: where the application is told.

use super::Room;
use crate::openapi::operation::{Operation, delete, get, patch, post};
use crate::openapi::schema::{
    Schema, about, by_name, choice, count, flag, id, list, moment, object, refer, text, time, whole, words,
};
use serde_json::json;

/// Whether an endpoint is sent anything.
const STATES: [&str; 2] = ["enabled", "disabled"];

pub fn room() -> Room {
    Room {
        tag: "Endpoints",
        says: "Where the application is told what happened, over signed webhooks.",
        operations: managing().into_iter().chain(mending()).collect(),
        schemas: vec![
            ("Endpoint", endpoint()),
            ("EndpointShown", shown()),
            (
                "EndpointMade",
                endpoint().says("An endpoint that was just made.").with("signing", refer("SecretMade")),
            ),
            ("NewEndpoint", new()),
            ("EndpointChange", change()),
            ("Rate", rate()),
            ("Schedule", schedule()),
            ("Secret", secret()),
            ("SecretMade", secret_made()),
            ("NewSecret", new_secret()),
            ("EndpointStatistics", statistics()),
            (
                "TestMessage",
                object("What to send.")
                    .maybe("type", text("The type whose example is sent.").usually("sync.complete"))
                    .closed(),
            ),
            ("TestSent", test_sent()),
            ("RecoverWanted", recover_wanted()),
            ("Recovered", recovered()),
            ("ReplayWanted", replay_wanted()),
            ("Replayed", replayed()),
            (
                "SkipWanted",
                object("What to drop.")
                    .maybe("before", moment("What is due before this instant; left out: all.").or_null())
                    .closed(),
            ),
            ("Skipped", skipped()),
        ],
    }
}

/// Codes of refusals of an endpoint's terms.
const TERMS: [&str; 8] = [
    "url_refused",
    "bad_event_types",
    "bad_headers",
    "bad_rate",
    "bad_schedule",
    "bad_description",
    "bad_state",
    "keys_unusable",
];

fn managing() -> Vec<Operation> {
    let spans = ["1h", "24h", "7d", "30d"];
    vec![
        get("/v1/endpoints", "listEndpoints", "Endpoints, in the order in which they were made")
            .of_organization()
            .in_state(&STATES, "Only those that are so.")
            .pages("Endpoints.", "Endpoint"),
        post("/v1/endpoints", "createEndpoint", "Say where to tell")
            .takes("NewEndpoint", json!({ "org_id": "acme", "url": "https://hooks.example.com/syncline", "event_types": ["sync.*"] }))
            .makes(201, "The endpoint, with its secret, this once.", refer("EndpointMade"))
            .refuses(&["bad_name", "key_of_one_organization", "bad_secret", "too_many_endpoints", "keys_busy"])
            .refuses(&TERMS),
        get("/v1/endpoints/{id}", "getEndpoint", "An endpoint, and what waits for it")
            .answers(200, "The endpoint.", refer("EndpointShown"))
            .refuses(&["keys_unusable"]),
        patch("/v1/endpoints/{id}", "changeEndpoint", "Change an endpoint; what is left out stays")
            .takes("EndpointChange", json!({ "state": "disabled" }))
            .answers(200, "The endpoint, as it is then.", refer("Endpoint"))
            .refuses(&["endpoint_changed", "keys_busy"])
            .refuses(&TERMS),
        delete("/v1/endpoints/{id}", "deleteEndpoint", "End an endpoint")
            .says("What waits for it is never sent.")
            .ends(204, "It is gone."),
        post("/v1/endpoints/{id}/enable", "enableEndpoint", "Send again what waits")
            .answers(200, "The endpoint.", refer("Endpoint"))
            .refuses(&["endpoint_changed"]),
        post("/v1/endpoints/{id}/disable", "disableEndpoint", "Send nothing")
            .says("What waits goes on waiting; what is published meanwhile is not for it.")
            .answers(200, "The endpoint.", refer("Endpoint"))
            .refuses(&["endpoint_changed"]),
        get("/v1/endpoints/{id}/secrets", "listSecrets", "The signing secrets in use, without what they are")
            .answers(200, "Secrets, the latest first.", crate::openapi::schema::all_of("Secret"))
            .refuses(&["keys_unusable"]),
        post("/v1/endpoints/{id}/secrets", "rotateSecret", "A new signing secret")
            .says("The old ones are used beside it for a while.")
            .may_take("NewSecret", json!({ "overlap": "24h" }))
            .answers(201, "The secret, this once.", refer("SecretMade"))
            .refuses(&["bad_secret", "bad_overlap", "too_many_secrets"])
            .refuses(&["endpoint_changed", "keys_unusable", "keys_busy"]),
        get("/v1/endpoints/{id}/statistics", "getEndpointStatistics", "Attempts and latencies")
            .query("span", choice(&spans, "How far back; left out: a day."))
            .answers(200, "In equal parts, the oldest first.", refer("EndpointStatistics"))
            .refuses(&["bad_span"]),
    ]
}

fn mending() -> Vec<Operation> {
    vec![
        post("/v1/endpoints/{id}/test", "testEndpoint", "Send the example of a type to this endpoint")
            .may_take("TestMessage", json!({ "type": "sync.complete" }))
            .makes(202, "It is sent.", refer("TestSent"))
            .refuses(&["bad_event_type", "endpoint_disabled"]),
        post("/v1/endpoints/{id}/recover", "recoverEndpoint", "Send again what failed for good")
            .says("Where `more` is true, ask again with the `until` of the answer.")
            .takes("RecoverWanted", json!({ "since": "2026-01-01T00:00:00Z" }))
            .answers(202, "They are sent.", refer("Recovered"))
            .refuses(&["bad_time", "endpoint_disabled"]),
        post("/v1/endpoints/{id}/replay", "replayEndpoint", "Send what the endpoint wants of a span of time")
            .says("What it never got, and what failed or was skipped there. Where `next_cursor` is given, ask again with it and the `to` of \
                   the answer.")
            .takes("ReplayWanted", json!({ "from": "2026-01-01T00:00:00Z" }))
            .answers(202, "They are sent.", refer("Replayed"))
            .refuses(&["bad_time", "bad_cursor", "endpoint_disabled"]),
        post("/v1/endpoints/{id}/skip", "skipDeliveries", "Drop what waits")
            .says("A replay or a resend brings it back. Where `more` is true, ask again.")
            .may_take("SkipWanted", json!({ "before": "2026-01-01T00:00:00Z" }))
            .answers(200, "They are dropped.", refer("Skipped")),
    ]
}

fn rate() -> Schema {
    object("How fast it is talked to, at most.")
        .with("calls", count("So many calls …").within(0, 4_294_967_295).like(100))
        .with("per", text("… in this span, at most a day.").like("1s"))
        .closed()
}

pub fn schedule() -> Schema {
    let waits = list(whole("").within(1, 604_800), "The waits between attempts, in seconds.").at_most(50);
    object("When what did not arrive is sent again.")
        .with("waits", waits.like(json!([5, 300, 1_800])))
        .maybe("jitter_percent", whole("How much chance is added to each.").within(0, 100).usually(10))
        .closed()
}

pub fn endpoint() -> Schema {
    object("An endpoint.")
        .with("id", id("ep", ""))
        .with("org_id", text("Whose; null: it gets every organization's messages.").or_null().like("acme"))
        .with("url", text("Where it is.").like("https://hooks.example.com/syncline"))
        .with("description", text("For people.").like(""))
        .with(
            "event_types",
            list(text(""), "What it wants; empty: everything that is not opt-in.").like(json!(["sync.*"])),
        )
        .with(
            "header_names",
            list(text(""), "Headers it is sent; their values are as good as passwords.")
                .or_null()
                .like(json!([])),
        )
        .with("rate", about("Rate", "Null: as fast as it answers.").or_null())
        .with("ordered", flag("Whether messages come strictly one after the other."))
        .with("schedule", about("Schedule", "As it was asked for; null: the usual one.").or_null())
        .with("state", words(&STATES, "Whether it is sent anything."))
        .with("reason", text("Why it is disabled.").or_null().like(json!(null)))
        .with("failing_since", time("Since when every attempt has failed.").or_null().like(json!(null)))
        .with("failures", count("How many that were."))
        .with("paused_until", time("Until when it asked to be left alone.").or_null().like(json!(null)))
        .with("created_at", time("When it was made."))
        .with("updated_at", time("When it last changed."))
        .with("version", whole("How often it changed.").like(1))
}

fn shown() -> Schema {
    let waiting = object("What waits for it.")
        .with("deliveries", count("Deliveries that wait or are under way."))
        .with("next_at", time("When the first of them is due.").or_null());
    endpoint()
        .says("An endpoint, and what waits for it.")
        .with("secrets", list(refer("Secret"), "Without what they are."))
        .with("retries", about("Schedule", "The schedule that holds."))
        .with("waiting", waiting)
}

/// Terms of an endpoint. What is to stay may be null in a change; in a new endpoint there is nothing that could stay.
fn terms(whole: Schema, changing: bool) -> Schema {
    let stays = |field: Schema| if changing { field.or_null() } else { field };
    let wanted = "What it wants: names, or families like `sync.*`; empty: everything that is not opt-in.";
    whole
        .maybe("description", stays(text("For people.").long(0, 1_000)))
        .maybe("event_types", stays(list(text(""), wanted)))
        .maybe("headers", stays(by_name(text(""), "Headers it is sent, with their values.")))
        .maybe("rate", about("Rate", "Null: as fast as it answers.").or_null())
        .maybe("ordered", stays(flag("Whether messages come strictly one after the other.")))
        .maybe("schedule", about("Schedule", "Null: the usual one.").or_null())
        .maybe("state", choice(&STATES, "").or_null())
        .closed()
}

fn new() -> Schema {
    let whole = object("A new endpoint.")
        .maybe(
            "org_id",
            text("Whose; with a key for all organizations, null: it gets every organization's messages.")
                .or_null(),
        )
        .with("url", text("Where it is."))
        .maybe("scheme", words(&["hmac", "ed25519"], "How it signs; left out: `hmac`.").or_null())
        .maybe(
            "secret",
            text("A secret of your own, `whsec_…` or `whsk_…`; not together with `scheme`.").or_null(),
        );
    terms(whole, false)
}

fn change() -> Schema {
    terms(object("What is to be another.").maybe("url", text("Where it is.").or_null()), true)
}

fn secret() -> Schema {
    object("A signing secret, without what it is.")
        .with("id", id("sec", ""))
        .with("scheme", words(&["hmac", "ed25519"], "How it signs; null when it cannot be opened.").or_null())
        .with(
            "public_key",
            text("For a key pair: what a receiver verifies with.").or_null().like(json!(null)),
        )
        .with(
            "not_after",
            time("From when on it is not used any more; null: until it is replaced.")
                .or_null()
                .like(json!(null)),
        )
        .with("created_at", time("When it was made."))
}

fn secret_made() -> Schema {
    secret().says("A secret that was just made.").with(
        "secret",
        text("What the receiver verifies with, this once; null for a key pair.").or_null().like("whsec_…"),
    )
}

fn new_secret() -> Schema {
    object("A new secret.")
        .maybe("scheme", words(&["hmac", "ed25519"], "How it signs; left out: `hmac`.").or_null())
        .maybe("secret", text("A secret of your own; not together with `scheme`.").or_null())
        .maybe(
            "overlap",
            text("How long the old ones are used beside it, at most a week; left out: a day.").or_null(),
        )
        .closed()
}

fn statistics() -> Schema {
    let millis = |says: &str| count(says).or_null();
    let part = object("A part.")
        .with("from", time("When it begins."))
        .with("delivered", count("Attempts that delivered."))
        .with("failed", count("Attempts that failed."))
        .with("latency_p50_ms", millis("Half of them took at most so long; null: there were none."))
        .with("latency_p99_ms", millis("99 of 100."))
        .with("latency_max_ms", millis("The longest."));
    object("How an endpoint did.")
        .with("span", text("How far back.").like("24h"))
        .with("delivered", count("Attempts that delivered."))
        .with("failed", count("Attempts that failed."))
        .with("parts", list(part, "The oldest first."))
}

fn test_sent() -> Schema {
    object("A message that is sent.")
        .with("message_id", id("msg", ""))
        .with("endpoint_id", id("ep", ""))
        .with("type", text("The type.").like("sync.complete"))
}

fn recover_wanted() -> Schema {
    object("A span of time.")
        .with("since", moment("What failed at this instant or later."))
        .maybe("until", moment("And before this one; left out: until now.").or_null())
        .closed()
}

fn recovered() -> Schema {
    object("What was done.")
        .with("recovered", count("Deliveries that are sent again."))
        .with("more", flag("Whether there is more."))
        .with("until", time("The end of the span."))
}

fn replay_wanted() -> Schema {
    object("A span of time.")
        .with("from", moment("Messages made at this instant or later."))
        .maybe("to", moment("And before this one; left out: until now.").or_null())
        .maybe("delivered", flag("Whether those that arrived are sent again as well.").usually(false))
        .maybe("cursor", text("Where the part before this one ended.").or_null())
        .closed()
}

fn replayed() -> Schema {
    object("What was done.")
        .with("read", count("Messages that were looked at."))
        .with("sent", count("Of these, those that are sent."))
        .with("to", time("The end of the span."))
        .with("next_cursor", crate::openapi::schema::next_cursor())
}

fn skipped() -> Schema {
    object("What was done.")
        .with("skipped", count("Deliveries that were dropped."))
        .with("more", flag("Whether there is more."))
}
