//! The fields of the form of a definition, in its order.

use super::DefinitionFormPage;
use crate::portal::views::field::{Choose, Field, Input};
use crate::portal::views::text;

impl DefinitionFormPage {
    /// A field of one line: its name, its label, what the API calls it, and what it looks like.
    fn line<'a>(
        &'a self,
        (name, label, field, placeholder): (&'static str, &'static str, &str, &'static str),
        value: &'a str,
    ) -> Field<'a> {
        let problem = self.problem(field);
        Field { name, label, value, placeholder: placeholder.into(), problem, ..Field::default() }
    }

    pub(super) fn account(&self) -> Choose<'_> {
        let known = self.connections.iter().map(|choice| (choice.value.as_str(), choice.label.as_str()));
        Choose {
            name: "connection_id",
            label: "HubSpot account",
            value: &self.form.connection_id,
            choices: [("", "Choose")].into_iter().chain(known).collect(),
            problem: self.problem("connection_id"),
            class: "",
        }
    }

    pub(super) fn what(&self) -> [Field<'_>; 3] {
        let form = &self.form;
        [
            Field {
                hint: "Small letters, digits, - and _. Your application counts under it.".into(),
                ..self.line(("name", "Name", "name", "exam-bookings"), &form.name)
            },
            Field {
                hint: "Its name or id at HubSpot.".into(),
                ..self.line(("object_type", "Object type", "object_type", "2-50158913"), &form.object_type)
            },
            Field {
                hint: "The one that follows, by its internal name.".into(),
                ..self.line(("property", "Property", "property", "total_bookings"), &form.property)
            },
        ]
    }

    /// What keys are; a counter keeps that for good.
    pub(super) fn keys(&self) -> Choose<'_> {
        Choose {
            name: "key",
            label: "Keys are",
            value: if self.form.by_property { "property" } else { "record_id" },
            choices: vec![("record_id", "record ids"), ("property", "a unique property")],
            ..Choose::default()
        }
    }

    pub(super) fn bounds(&self) -> [Field<'_>; 2] {
        let form = &self.form;
        [
            Field {
                fixed: self.id.is_some(),
                class: "only-key-property",
                ..self.line(("key_property", "Unique property", "key", "exam_code"), &form.key_property)
            },
            Field {
                input: Input::Number,
                ..self.line(("minimum", "Never below", "minimum", ""), &form.minimum)
            },
        ]
    }

    pub(super) fn way(&self) -> Choose<'_> {
        Choose {
            name: "target",
            label: "Way",
            value: &self.form.target,
            choices: vec![
                ("trigger", "a workflow’s webhook trigger"),
                ("property", "written, a hundred records at a time"),
                ("trigger_then_property", "the trigger, and written where that shows nothing"),
            ],
            class: "whole",
            ..Choose::default()
        }
    }

    pub(super) fn trigger(&self) -> [Field<'_>; 2] {
        let usual = "https://api-na1.hubapi.com/automation/…";
        let (shown, stays) = match &self.trigger_shown {
            Some(shown) => (text::preview(shown, 100), " Left empty, it stays as it is."),
            None => (usual.into(), ""),
        };
        let hint = "As HubSpot’s workflow editor shows it. Whoever has it can move the property, so it is sealed and not shown again.";
        [
            Field {
                input: Input::Secret,
                placeholder: shown,
                hint: format!("{hint}{stays}").into(),
                class: "whole only-trigger",
                ..self.line(("trigger_url", "Webhook URL", "target.url", ""), "")
            },
            Field {
                input: Input::Text(4),
                optional: true,
                hint: "A JSON object with `{{key}}` and `{{value}}` in it. Standing alone, the value becomes a number and the key a text.".into(),
                class: "whole only-trigger",
                ..self.line(("payload", "Payload", "payload", "As usual: the key and the value"), &self.form.payload)
            },
        ]
    }

    pub(super) fn pushing(&self) -> [Field<'_>; 2] {
        let form = &self.form;
        [
            Field {
                input: Input::Number,
                hint: "Many changes of a counter become one call.".into(),
                ..self.line(("window_ms", "Gather changes, in ms", "window_ms", "1000"), &form.window_ms)
            },
            Field {
                input: Input::Number,
                hint: "How long after its answer a call may still take effect.".into(),
                ..self.line(("settle_ms", "Settling, in ms", "settle_ms", "60000"), &form.settle_ms)
            },
        ]
    }

    /// Where the number lives; a counter keeps that for good.
    pub(super) fn store(&self) -> Choose<'_> {
        Choose {
            name: "store",
            label: "Store",
            value: if self.form.in_redis { "redis" } else { "database" },
            choices: vec![
                ("database", "Syncline’s database"),
                ("redis", "Redis, where your application may count itself"),
            ],
            ..Choose::default()
        }
    }

    pub(super) fn redis(&self) -> [Field<'_>; 3] {
        let form = &self.form;
        [
            Field {
                hint: "By its name in `counters.servers`.".into(),
                list: "servers",
                ..self.line(("redis_server", "Server", "store.server", ""), &form.redis_server)
            },
            Field {
                hint: "With `{key}` in it once.".into(),
                ..self.line(("redis_key", "Redis key", "store.key", "exam:{key}:bookings"), &form.redis_key)
            },
            Field {
                input: Input::Number,
                hint: "Those that are set here.".into(),
                ..self.line(("redis_ttl", "Keys live, in days", "store.ttl_days", "90"), &form.redis_ttl)
            },
        ]
    }

    pub(super) fn every(&self) -> Field<'_> {
        let (label, placeholder) = ("Compare every, in minutes", "Only when somebody asks");
        Field {
            input: Input::Number,
            ..self.line(
                ("reconcile_minutes", label, "reconcile_minutes", placeholder),
                &self.form.reconcile_minutes,
            )
        }
    }

    pub(super) fn drift(&self) -> Choose<'_> {
        Choose {
            name: "policy",
            label: "Drift",
            value: if self.form.reports { "report" } else { "repair" },
            choices: vec![
                ("repair", "is repaired: the truth wins"),
                ("report", "is reported, and nothing else"),
            ],
            ..Choose::default()
        }
    }

    pub(super) fn source(&self) -> Choose<'_> {
        Choose {
            name: "truth",
            label: "Source of the truth",
            value: &self.form.truth,
            choices: vec![
                ("counter", "the counter itself"),
                ("associations", "associated records at HubSpot"),
                ("search", "a search at HubSpot"),
                ("sql", "a query on your database"),
                ("http", "an endpoint of yours"),
            ],
            class: "whole",
            ..Choose::default()
        }
    }

    pub(super) fn associations(&self) -> [Field<'_>; 2] {
        let form = &self.form;
        let (types, ids) = ("truth.to_object_type", "truth.association_type_id");
        [
            Field {
                hint: "How many records of this type hang on the counter’s record.".into(),
                ..self.line(("associated_type", "Associated type", types, "contacts"), &form.associated_type)
            },
            Field {
                hint: "Empty: of any type.".into(),
                ..self
                    .line(("association_type_id", "Association type ID", ids, ""), &form.association_type_id)
            },
        ]
    }

    pub(super) fn search(&self) -> [Field<'_>; 2] {
        let form = &self.form;
        [
            Field {
                class: "whole",
                ..self
                    .line(("search_type", "Object type", "truth.object_type", "contacts"), &form.search_type)
            },
            Field {
                input: Input::Text(4),
                hint: "As HubSpot’s search takes them, with `{{key}}` in a value.".into(),
                class: "whole",
                ..self.line(
                    ("search_filters", "Filter groups", "truth.filter_groups", ""),
                    &form.search_filters,
                )
            },
        ]
    }

    pub(super) fn sql(&self) -> [Field<'_>; 2] {
        let form = &self.form;
        let example = "SELECT COUNT(*) FROM bookings WHERE exam_id = {{key}}";
        [
            Field {
                hint: "By its name in `counters.databases`.".into(),
                list: "databases",
                class: "whole",
                ..self.line(("sql_database", "Database", "truth.database", ""), &form.sql_database)
            },
            Field {
                input: Input::Text(3),
                hint: "One number for `{{key}}`, or keys and numbers with `IN ({{keys}})`. Both are bound parameters.".into(),
                class: "whole",
                ..self.line(("sql_query", "Query", "truth.query", example), &form.sql_query)
            },
        ]
    }

    pub(super) fn http(&self) -> [Field<'_>; 3] {
        let form = &self.form;
        let example = "https://app.example.com/exams/{{key}}/bookings";
        let stays = match self.id {
            Some(_) => {
                "Sealed, and not shown again. Left empty, it stays as it is while the host is the same."
            }
            None => "Sealed, and not shown again.",
        };
        [
            Field {
                hint: "With `{{key}}` in the path or the query.".into(),
                ..self.line(("http_url", "URL", "truth.url", example), &form.http_url)
            },
            Field {
                hint: "A JSON pointer; empty: the answer is the number.".into(),
                ..self.line(
                    ("http_pointer", "Where the number is", "truth.pointer", "/data/count"),
                    &form.http_pointer,
                )
            },
            Field {
                input: Input::Secret,
                optional: true,
                hint: stays.into(),
                class: "whole",
                ..self.line(("http_authorization", "Authorization", "truth.authorization", "Bearer …"), "")
            },
        ]
    }
}
