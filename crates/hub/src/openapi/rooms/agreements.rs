//! What a sync's agreement says, and what its fields are. No route is about agreements alone.

use crate::openapi::schema::{
    Schema, about, by_name, count, either, flag, list, object, refer, sides, text, whole, words,
};
use serde_json::json;

/// Schemas that agreements are made of.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("Agreement", agreement()),
        ("Party", party()),
        ("Rule", rule()),
        ("Form", form()),
        ("Normalise", normalise()),
        ("Policy", policy()),
        ("Mistake", mistake()),
        ("FieldSchema", field_schema()),
        ("FieldKind", field_kind()),
        ("FieldValue", value()),
        ("Face", face()),
    ]
}

fn agreement() -> Schema {
    let ways = ["both", "left_to_right", "right_to_left"];
    let deletion = words(&["propagate", "force", "archive", "unlink", "ask"], "");
    let also =
        sides(&list(text(""), "").at_most(20), "Further fields that count for matching only.").closed();
    let key = object("A key.")
        .with("rule", text("The rule whose values it compares.").long(0, 255))
        .maybe("also", also)
        .closed();
    let guard = object("When deletions stop and ask.")
        .with("percent", count("So many of a hundred linked records within a day …").within(0, 255).like(5))
        .with("at_least", count("… but so many are always carried over.").within(0, 4_294_967_295).like(10))
        .closed();
    object("The terms of a sync.")
        .with("sides", sides(&refer("Party"), "What is synced.").closed())
        .maybe("direction", words(&ways, "Which way changes go.").usually("both"))
        .with("rules", list(refer("Rule"), "The mapping.").at_most(200))
        .maybe(
            "matching",
            list(key, "How records are found to be the same: the first key that finds somebody decides.")
                .at_most(20),
        )
        .maybe("policy", about("Policy", "Who wins where both sides changed one field differently."))
        .maybe("deletions", sides(&deletion, "What becomes of the other side's record.").closed())
        .maybe("guard", guard)
        .maybe(
            "status",
            words(&["always", "errors", "off"], "When the sync status is written.").usually("always"),
        )
        .closed()
}

fn party() -> Schema {
    object("What is synced on a side.")
        .with("object_type", text("The type of its records.").long(0, 255).like("contacts"))
        .maybe(
            "collection",
            text("Where they are, for types that are kept in several places; else empty.")
                .long(0, 255)
                .usually(""),
        )
        .maybe(
            "external",
            text("The field that holds the id of the other side's record.").long(0, 255).or_null(),
        )
        .maybe("status", text("The field that holds the sync status.").long(0, 255).or_null())
        .closed()
}

fn rule() -> Schema {
    let ways = ["both", "left_to_right", "right_to_left"];
    object("Which fields of the left are which of the right.")
        .with("name", text("Unique in the agreement.").long(0, 255).like("email"))
        .with(
            "fields",
            sides(&list(text("").long(0, 255), "").at_most(20), "In the order that the form asks for.")
                .closed(),
        )
        .maybe("form", refer("Form"))
        .maybe("way", words(&ways, "Which way, within the sync's direction.").usually("both"))
        .maybe("normalise", refer("Normalise"))
        .maybe(
            "placeholder",
            sides(&text("").long(0, 1_000), "What stands in a field that does not take the value.").closed(),
        )
        .maybe("policy", about("Policy", "Who wins; null: as the sync says.").or_null())
        .closed()
}

fn form() -> Schema {
    let separator = |usual: &str| {
        object("").maybe("separator", text("Between the parts.").long(0, 1_000).usually(usual)).closed()
    };
    let constant = object("").with("value", text("The value.").long(0, 1_000)).closed();
    let pair = json!([{ "type": "string" }, { "type": "string" }]);
    let pair = list(text(""), "Left and right.").exactly(&pair);
    let options = object("").with("pairs", list(pair, "").at_most(1_000)).closed();
    let one = |name: &str, inner: Schema| object("").with(name, inner).closed();
    let forms = vec![
        words(&["direct", "date"], "One field each, as it is; or days and moments."),
        one("join", separator(" ").says("Several fields on one side, one on the other.")),
        one("list", separator(",\n").says("The first and the rest on one side, a list on the other.")),
        one("constant", constant.says("Always this value, on one side.")),
        one("options", options.says("A choice of the left is another of the right.")),
    ];
    either(forms, "How the fields of one side become those of the other.").usually("direct")
}

fn normalise() -> Schema {
    let phone = object("")
        .with("region", text("The country of numbers without a country code, two letters.").like("GB"))
        .closed();
    let phone = object("").with("phone", phone).closed();
    either(vec![words(&["trim", "email"], ""), phone], "What counts as the same value.").usually("trim")
}

fn policy() -> Schema {
    words(&["newest", "prefer_left", "prefer_right", "ask"], "Who wins.")
}

fn mistake() -> Schema {
    object("Something wrong with an agreement.")
        .with("at", text("Where.").like("rules[2].fields.left[0]"))
        .with("field", text("The field it is about.").or_null())
        .with("message", text("What is wrong and what to do."))
}

fn field_schema() -> Schema {
    let field = object("A field.")
        .with("title", text("As people see it.").like("Email"))
        .with("kind", refer("FieldKind"))
        .with("writable", flag("Whether it can be written."))
        .with("longest", whole("The most characters that it takes, where that is known.").or_null());
    object("The fields of a side.")
        .with("fields", by_name(field, "By name."))
        .with("open", flag("Whether fields that are not there come to be by being written."))
        .maybe("types", by_name(text(""), "What the provider calls their types, where it matters."))
}

fn field_kind() -> Schema {
    let plain = ["text", "list", "number", "bool", "date", "date_time", "email", "phone", "url", "other"];
    let choices =
        |name: &str| object("").with(name, list(text(""), "Any when there are none listed.")).closed();
    either(vec![words(&plain, ""), choices("choice"), choices("choices")], "What a field holds.")
}

fn value() -> Schema {
    let several = list(text(""), "Several, in their order.");
    either(vec![text("One text."), several, Schema::null()], "What a field has; null: nothing.")
        .like("ada@example.com")
}

fn face() -> Schema {
    list(refer("FieldValue"), "What a side shows in a rule's fields, in their order.")
        .like(json!(["ada@example.com"]))
}
