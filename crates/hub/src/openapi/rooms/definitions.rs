//! Definitions of counters: what is counted where, and how it gets there.

use super::Room;
use crate::openapi::operation::{Operation, delete, get, patch, post};
use crate::openapi::schema::{
    Schema, about, anything, choice, count, either, id, list, object, refer, text, time, whole, words,
};
use serde_json::{Value, json};

/// The greatest number that JSON holds exactly.
pub const MOST: i64 = 9_007_199_254_740_991;

pub fn room() -> Room {
    Room {
        tag: "Counters",
        says: "Numbers that the application counts, and properties at HubSpot that follow them.",
        operations: operations(),
        schemas: vec![
            ("Counter", shown_in_lists()),
            ("CounterShown", shown()),
            ("NewCounter", new()),
            ("CounterChange", change()),
            ("CounterTarget", target()),
            ("CounterStore", store()),
            ("CounterTruth", truth()),
            ("DefinitionProblem", problem()),
            ("CounterStatistics", statistics()),
        ],
    }
}

/// Codes of refusals of a definition.
const REFUSED: [&str; 7] = [
    "definition_invalid",
    "not_hubspot",
    "disconnected",
    "counter_name_taken",
    "keys_unusable",
    "keys_busy",
    "not_found",
];

fn operations() -> Vec<Operation> {
    let spans = ["1h", "24h", "7d", "30d"];
    vec![
        get("/v1/counters", "listCounters", "Definitions, in the order in which they were made")
            .of_organization()
            .query("connection_id", text("Only of this connection."))
            .in_state(&["active", "paused", "attention"], "Only those that are so.")
            .pages("Definitions.", "Counter"),
        post("/v1/counters", "createCounter", "Define a counter")
            .says("It belongs to its connection's organization.")
            .takes("NewCounter", example())
            .makes(201, "The definition, without what is secret in it.", refer("Counter"))
            .refuses(&REFUSED),
        get("/v1/counters/{counter}", "getCounter", "A definition, and how it is doing").answers(
            200,
            "The definition.",
            refer("CounterShown"),
        ),
        patch(
            "/v1/counters/{counter}",
            "changeCounter",
            "Change a definition; what is left out stays, secrets too",
        )
        .takes("CounterChange", json!({ "window_ms": 5_000 }))
        .answers(200, "The definition, as it is then.", refer("Counter"))
        .refuses(&["counter_changed"])
        .refuses(&REFUSED),
        delete("/v1/counters/{counter}", "deleteCounter", "Forget a definition and what it counted")
            .says("The properties stay as they are.")
            .ends(204, "It is gone."),
        post("/v1/counters/{counter}/pause", "pauseCounter", "Push and compare nothing")
            .says("Counted is all the same.")
            .answers(200, "The definition.", refer("Counter"))
            .refuses(&["counter_changed", "disconnected"]),
        post("/v1/counters/{counter}/resume", "resumeCounter", "Push and compare again")
            .answers(200, "The definition.", refer("Counter"))
            .refuses(&["counter_changed", "disconnected"]),
        get(
            "/v1/counters/{counter}/statistics",
            "getCounterStatistics",
            "Calls, what was shown and how late, and drift",
        )
        .query("span", choice(&spans, "How far back; left out: a day."))
        .answers(200, "In equal parts, the oldest first.", refer("CounterStatistics"))
        .refuses(&["bad_span"]),
    ]
}

fn example() -> Value {
    json!({
        "name": "exam-bookings",
        "connection_id": "con_0CT4S7O2R0PJ8DHQ3K6VB1F9EG",
        "object_type": "2-50158913",
        "property": "total_bookings",
        "payload": { "mock_exam_id": "{{key}}", "total_bookings": "{{value}}" },
        "target": { "kind": "trigger", "url": "https://api-na1.hubapi.com/automation/v4/webhook-triggers/46814382/…" },
    })
}

fn key_by() -> Schema {
    let property = object("").with("property", text("A unique property of the record's.")).closed();
    either(vec![words(&["record_id"], "The record's id."), property], "What the keys are.")
        .usually("record_id")
}

fn target() -> Schema {
    let url = || text("The trigger's address, a secret that no answer has.").or_null();
    let one = |word: &'static str| object("").with("kind", words(&[word], ""));
    let targets = vec![
        one("trigger").says("Through a workflow's webhook trigger.").maybe("url", url()).closed(),
        one("property").says("By writing the property.").closed(),
        one("trigger_then_property")
            .says("Through a trigger, and where that shows nothing, by writing.")
            .maybe("url", url())
            .closed(),
    ];
    either(targets, "How the value gets to the property.")
}

fn store() -> Schema {
    let redis = object("In a Redis server, where the application itself may count.")
        .with("kind", words(&["redis"], ""))
        .with("server", text("The server's name in the configuration."))
        .with("key", text("Which Redis key holds which counter.").like("exam:{key}:bookings"))
        .maybe(
            "ttl_days",
            count("How long a key lives that Syncline sets.").within(0, 4_294_967_295).usually(90),
        )
        .closed();
    let database = object("In Syncline's database.").with("kind", words(&["database"], "")).closed();
    either(vec![database, redis], "Where the number lives.")
}

fn truth() -> Schema {
    let one = |word: &'static str, says: &str| object(says).with("source", words(&[word], ""));
    let associations = one("associations", "How many records are associated with it at HubSpot.")
        .with("to_object_type", text("Of which type.").like("contacts"))
        .maybe(
            "association_type_id",
            whole("Only associations of this type.").within(0, 4_294_967_295).or_null(),
        );
    let search = one("search", "How many records a search at HubSpot finds.")
        .with("object_type", text("Of which type."))
        .with("filter_groups", anything("The search's `filterGroups`, with `{{key}}` in their values."));
    let sql = one("sql", "What a query says.")
        .with("database", text("A database that the configuration names."))
        .with(
            "query",
            text("A `SELECT` of one number, with `{{key}}` in it, or of keys and numbers, with `{{keys}}`."),
        );
    let http = one("http", "What an endpoint answers.")
        .with("url", text("Where, with `{{key}}` in the path or the query."))
        .maybe("pointer", text("Where in the answer the number is, a JSON pointer.").usually(""))
        .maybe(
            "authorization",
            text("What is sent as `Authorization`, a secret that no answer has.").or_null(),
        );
    let counter = one("counter", "What the application counted is right.");
    let all = [counter, associations, search, sql, http].map(Schema::closed);
    either(all.to_vec(), "Where it is known what the number should be.")
}

/// The fields of a definition, as a request has them; in answers all are there.
fn fields(answer: bool) -> Schema {
    let field = |whole: Schema, name: &str, field: Schema| match answer {
        true => whole.with(name, field),
        false => whole.maybe(name, field),
    };
    let payload = anything("What a trigger is sent, with `{{key}}` and `{{value}}` in it; null: the usual.")
        .like(json!(null));
    let minutes =
        whole("How often all is compared; null: when somebody asks.").within(0, 4_294_967_295).or_null();
    let minimum = whole("The least it may be.").within(-MOST, MOST).usually(0);
    let all = [
        ("key", key_by()),
        ("payload", payload),
        ("window_ms", count("How long changes are gathered before they are pushed.").usually(1_000)),
        ("settle_ms", count("How long after its answer a call may still take effect.").usually(60_000)),
        ("minimum", minimum),
        ("reconcile_minutes", minutes.usually(60)),
        ("policy", words(&["repair", "report"], "What is done about drift.").usually("repair")),
        ("store", refer("CounterStore")),
        ("truth", refer("CounterTruth")),
    ];
    let named = object("A definition.")
        .with(
            "name",
            text("Unique in the organization: small letters, digits, `-`, `_`.").like("exam-bookings"),
        )
        .with("connection_id", text("The HubSpot connection.").like("con_0CT4S7O2R0PJ8DHQ3K6VB1F9EG"))
        .with("object_type", text("The type of the records that show it.").like("2-50158913"))
        .with("property", text("The property that shows it.").like("total_bookings"))
        .with("target", refer("CounterTarget"));
    all.into_iter().fold(named, |whole, (name, one)| field(whole, name, one))
}

fn new() -> Schema {
    fields(false).closed()
}

fn change() -> Schema {
    fields(false)
        .says("What is to be another.")
        .maybe("version", whole("The version that was looked at; another one, and nothing is changed."))
        .nothing_required()
        .closed()
}

fn shown_in_lists() -> Schema {
    fields(true)
        .with("id", id("ctr", ""))
        .with("org_id", text("Whose.").like("acme"))
        .with("trigger", text("Where the trigger is, without what makes its address a secret.").or_null())
        .with("state", words(&["active", "paused", "attention"], "Whether it is pushed and compared."))
        .with("reason", text("Why not, or what is wrong though it is.").or_null().like(json!(null)))
        .with("reconcile_at", time("When all is compared next; null: when somebody asks.").or_null())
        .with("created_at", time("When it was made."))
        .with("updated_at", time("When it last changed."))
        .with("version", whole("How often it changed.").like(1))
}

fn shown() -> Schema {
    let waiting = object("Counters that something is to be done with.")
        .with("to_send", count("Their value is to be sent."))
        .with("to_look_at", count("Their property is to be looked at."))
        .with("parked", count("A person is to decide."));
    shown_in_lists()
        .says("A definition, and how it is doing.")
        .with("waiting", waiting)
        .with("last_run", about("Comparison", "The latest comparison.").or_null())
}

fn problem() -> Schema {
    object("Something wrong with a definition.")
        .with("field", text("The field.").like("target.url"))
        .with("message", text("What is wrong, and what would be right."))
}

fn statistics() -> Schema {
    let millis = |says: &str| count(says).or_null();
    let drift = object("What comparisons found.")
        .with("runs", count("How many were asked for."))
        .with("checked", count("Counters that were looked at."))
        .with("drifted", count("That were wrong."))
        .with("repaired", count("Of these, that are right by now."))
        .with("size", count("By how much all that were wrong were wrong together."));
    let counted = |whole: Schema| {
        whole
            .with("changes", count("Changes that were shown."))
            .with("accepted", count("Calls that were accepted."))
            .with("failed", count("Calls that were not, or of which nobody knows."))
            .with("shown", count("Values that were shown."))
            .with("parked", count("Counters that became a matter for a person."))
    };
    let part = counted(object("A part.").with("from", time("When it begins.")))
        .with("shown_p50_ms", millis("From the change to the property, half of them at most."))
        .with("shown_p99_ms", millis("The same, 99 of 100."))
        .with("shown_max_ms", millis("The longest."))
        .with("drift", drift);
    counted(object("How a definition did.").with("span", text("How far back.").like("24h")))
        .with("parts", list(part, "The oldest first."))
}
