//! What is typed into the form of a definition, read; and a definition as it would be typed.

use super::super::views::counters::form::DefinitionForm;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use syncline_core::counters::definition::{Definition, Keep, KeyBy, Policy, Problem, Target};
use syncline_core::counters::payload::Template;
use syncline_core::counters::truth::Truth;
use syncline_core::secret::Secret;

/// The form as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    pub(super) csrf: String,
    /// `save` or `preview`.
    pub(super) wish: String,
    /// The version that was looked at, when it is changed.
    pub(super) version: String,
    name: String,
    connection_id: String,
    object_type: String,
    property: String,
    key: String,
    key_property: String,
    payload: String,
    target: String,
    trigger_url: Option<Secret>,
    window_ms: String,
    settle_ms: String,
    minimum: String,
    reconcile_minutes: String,
    policy: String,
    store: String,
    redis_server: String,
    redis_key: String,
    redis_ttl: String,
    truth: String,
    associated_type: String,
    association_type_id: String,
    search_type: String,
    search_filters: String,
    sql_database: String,
    sql_query: String,
    http_url: String,
    http_pointer: String,
    http_authorization: Option<Secret>,
}

/// A sheet that mistakes are noted on.
#[derive(Default)]
struct Sheet(Vec<Problem>);

impl Sheet {
    fn note(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(Problem { field: field.to_owned(), message: message.into() });
    }

    /// A whole number; none where there is something else, which is noted.
    fn number(&mut self, field: &str, typed: &str) -> Value {
        match typed.trim().parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => {
                self.note(field, "this is a whole number");
                Value::Null
            }
        }
    }

    /// JSON; where it is none, that is noted without what was typed.
    fn json(&mut self, field: &str, typed: &str) -> Value {
        serde_json::from_str(typed).unwrap_or_else(|error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            self.note(field, format!("this is no JSON: look at line {line}, column {column}"));
            Value::Null
        })
    }
}

impl Sent {
    /// The definition that is meant.
    ///
    /// # Errors
    /// Everything that cannot be read, each with its field.
    pub(super) fn definition(&self) -> Result<Definition, Vec<Problem>> {
        let mut sheet = Sheet::default();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| {
            body.insert(name.to_owned(), value);
        };
        for (name, typed) in [
            ("name", &self.name),
            ("connection_id", &self.connection_id),
            ("object_type", &self.object_type),
            ("property", &self.property),
        ] {
            put(name, typed.trim().into());
        }
        put("policy", if self.policy == "report" { "report" } else { "repair" }.into());
        put(
            "key",
            if self.key == "property" {
                json!({ "property": self.key_property.trim() })
            } else {
                json!("record_id")
            },
        );
        put(
            "payload",
            if self.payload.trim().is_empty() { Value::Null } else { sheet.json("payload", &self.payload) },
        );
        for (name, typed) in
            [("window_ms", &self.window_ms), ("settle_ms", &self.settle_ms), ("minimum", &self.minimum)]
        {
            put(name, sheet.number(name, typed));
        }
        put(
            "reconcile_minutes",
            match self.reconcile_minutes.trim() {
                "" => Value::Null,
                typed => sheet.number("reconcile_minutes", typed),
            },
        );
        put("target", self.target());
        put("store", self.store(&mut sheet));
        put("truth", self.truth(&mut sheet));
        if !sheet.0.is_empty() {
            return Err(sheet.0);
        }
        let read: Result<Definition, _> = serde_json::from_value(Value::Object(body));
        read.map(|mut definition| {
            definition.fill(syncline_core::counters::definition::Secrets {
                trigger_url: typed(self.trigger_url.as_ref()),
                authorization: typed(self.http_authorization.as_ref()),
            });
            definition
        })
        // What was typed may be a secret in the wrong place, so it is not repeated.
        .map_err(|_| {
            let say = "a number is too large, negative, or out of bounds; or the Redis key lacks its {key}";
            vec![Problem { field: String::new(), message: say.to_owned() }]
        })
    }

    fn target(&self) -> Value {
        match self.target.as_str() {
            kind @ ("property" | "trigger_then_property") => json!({ "kind": kind }),
            _ => json!({ "kind": "trigger" }),
        }
    }

    fn store(&self, sheet: &mut Sheet) -> Value {
        if self.store != "redis" {
            return json!({ "kind": "database" });
        }
        let key = self.redis_key.trim();
        if let Err(wrong) = syncline_core::counters::redis_key::RedisKey::new(key) {
            sheet.note("store.key", wrong.to_string());
        }
        let days = sheet.number("store.ttl_days", &self.redis_ttl);
        json!({ "kind": "redis", "server": self.redis_server.trim(), "key": key, "ttl_days": days })
    }

    fn truth(&self, sheet: &mut Sheet) -> Value {
        match self.truth.as_str() {
            "associations" => {
                let id = match self.association_type_id.trim() {
                    "" => Value::Null,
                    typed => sheet.number("truth.association_type_id", typed),
                };
                json!({ "source": "associations", "to_object_type": self.associated_type.trim(), "association_type_id": id })
            }
            "search" => {
                let groups = sheet.json("truth.filter_groups", &self.search_filters);
                json!({ "source": "search", "object_type": self.search_type.trim(), "filter_groups": groups })
            }
            "sql" => {
                json!({ "source": "sql", "database": self.sql_database.trim(), "query": self.sql_query.trim() })
            }
            "http" => {
                json!({ "source": "http", "url": self.http_url.trim(), "pointer": self.http_pointer.trim() })
            }
            _ => json!({ "source": "counter" }),
        }
    }

    /// What was typed, to be shown again; secrets are not.
    pub(super) fn form(self) -> DefinitionForm {
        DefinitionForm {
            version: self.version,
            name: self.name,
            connection_id: self.connection_id,
            object_type: self.object_type,
            property: self.property,
            by_property: self.key == "property",
            key_property: self.key_property,
            payload: self.payload,
            target: self.target,
            window_ms: self.window_ms,
            settle_ms: self.settle_ms,
            minimum: self.minimum,
            reconcile_minutes: self.reconcile_minutes,
            reports: self.policy == "report",
            in_redis: self.store == "redis",
            redis_server: self.redis_server,
            redis_key: self.redis_key,
            redis_ttl: self.redis_ttl,
            truth: self.truth,
            associated_type: self.associated_type,
            association_type_id: self.association_type_id,
            search_type: self.search_type,
            search_filters: self.search_filters,
            sql_database: self.sql_database,
            sql_query: self.sql_query,
            http_url: self.http_url,
            http_pointer: self.http_pointer,
        }
    }
}

fn typed(secret: Option<&Secret>) -> Option<Secret> {
    let text = secret?.expose().trim();
    (!text.is_empty()).then(|| Secret::new(text))
}

/// A definition as it would be typed. What is secret in it is not shown again.
pub(super) fn of(definition: &Definition, version: i64) -> DefinitionForm {
    let pretty = |json: &Value| serde_json::to_string_pretty(json).unwrap_or_default();
    let payload = definition.payload.as_ref().and_then(|template| serde_json::to_value(template).ok());
    let mut form = DefinitionForm {
        version: version.to_string(),
        name: definition.name.clone(),
        connection_id: definition.connection_id.clone(),
        object_type: definition.object_type.clone(),
        property: definition.property.clone(),
        payload: payload.as_ref().map(pretty).unwrap_or_default(),
        target: match definition.target {
            Target::Trigger { .. } => "trigger",
            Target::Property => "property",
            Target::TriggerThenProperty { .. } => "trigger_then_property",
        }
        .to_owned(),
        window_ms: definition.window_ms.to_string(),
        settle_ms: definition.settle_ms.to_string(),
        minimum: definition.minimum.to_string(),
        reconcile_minutes: definition.reconcile_minutes.map(|every| every.to_string()).unwrap_or_default(),
        reports: definition.policy == Policy::Report,
        ..DefinitionForm::usual()
    };
    if let KeyBy::Property(name) = &definition.key {
        (form.by_property, form.key_property) = (true, name.clone());
    }
    if let Keep::Redis { server, key, ttl_days } = &definition.store {
        form.in_redis = true;
        (form.redis_server, form.redis_key) = (server.clone(), String::from(key.clone()));
        form.redis_ttl = ttl_days.to_string();
    }
    truth_of(&definition.truth, &mut form);
    form
}

fn truth_of(truth: &Truth, form: &mut DefinitionForm) {
    form.truth = match truth {
        Truth::Counter => "counter",
        Truth::Associations { to_object_type, association_type_id } => {
            form.associated_type.clone_from(to_object_type);
            form.association_type_id = association_type_id.map(|id| id.to_string()).unwrap_or_default();
            "associations"
        }
        Truth::Search { object_type, filter_groups } => {
            form.search_type.clone_from(object_type);
            form.search_filters = serde_json::to_string_pretty(filter_groups).unwrap_or_default();
            "search"
        }
        Truth::Sql { database, query } => {
            form.sql_database.clone_from(database);
            form.sql_query.clone_from(query);
            "sql"
        }
        Truth::Http { url, pointer, .. } => {
            form.http_url.clone_from(url);
            form.http_pointer.clone_from(pointer);
            "http"
        }
    }
    .to_owned();
}

/// What the trigger would be sent for a counter of 8, as far as what was typed can be read; none where there is no trigger.
pub(super) fn preview(form: &DefinitionForm) -> Option<String> {
    if form.target == "property" {
        return None;
    }
    let field = if form.by_property { form.key_property.trim() } else { "record_id" };
    let template = match form.payload.trim() {
        "" if form.property.trim().is_empty() => return None,
        "" => Template::usual(field, form.property.trim()),
        typed => Template::new(serde_json::from_str(typed).ok()?),
    };
    let key = if form.by_property { "EXAM-2026-11" } else { "40577087837" };
    serde_json::to_string_pretty(&template.render(key, 8)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Sent {
        Sent {
            name: "exam-bookings".into(),
            connection_id: "con_1".into(),
            object_type: "2-50158913".into(),
            property: "total_bookings".into(),
            trigger_url: Some(Secret::new("https://hooks.example.com/s3cret")),
            window_ms: "1000".into(),
            settle_ms: "60000".into(),
            minimum: "0".into(),
            reconcile_minutes: " 90 ".into(),
            ..Sent::default()
        }
    }

    fn fields(sent: &Sent) -> Vec<String> {
        sent.definition().unwrap_err().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_is_typed_is_the_definition_and_a_definition_is_typed_the_same() {
        let all = [
            sent(),
            Sent { key: "property".into(), key_property: "code".into(), policy: "report".into(), ..sent() },
            Sent { reconcile_minutes: String::new(), target: "property".into(), trigger_url: None, ..sent() },
            Sent {
                payload: "{\"id\": \"{{key}}\", \"n\": \"{{value}}\"}".into(),
                target: "trigger_then_property".into(),
                ..sent()
            },
            Sent {
                store: "redis".into(),
                redis_server: "main".into(),
                redis_key: "exam:{key}:n".into(),
                redis_ttl: "30".into(),
                ..sent()
            },
            Sent {
                truth: "associations".into(),
                associated_type: "contacts".into(),
                association_type_id: "7".into(),
                ..sent()
            },
            Sent {
                truth: "search".into(),
                search_type: "contacts".into(),
                search_filters: "[]".into(),
                ..sent()
            },
            Sent {
                truth: "sql".into(),
                sql_database: "main".into(),
                sql_query: "SELECT {{key}}".into(),
                ..sent()
            },
            Sent {
                truth: "http".into(),
                http_url: "https://a.example/{{key}}".into(),
                http_pointer: "/n".into(),
                ..sent()
            },
        ];
        for one in all {
            let definition = one.definition().unwrap();
            let mut again = of(&definition, 3);
            assert_eq!(again.version, "3");
            again.version = String::new();
            let typed = one.form();
            let target = if typed.target.is_empty() { "trigger".to_owned() } else { typed.target.clone() };
            assert_eq!((again.name, again.target, again.truth.is_empty()), (typed.name, target, false));
            assert_eq!((again.redis_key, again.key_property), (typed.redis_key, typed.key_property));
            let kept = (again.sql_query, again.http_url, again.associated_type, again.association_type_id);
            assert_eq!(
                kept,
                (typed.sql_query, typed.http_url, typed.associated_type, typed.association_type_id)
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_beside_its_field_without_repeating_it() {
        let wrong = Sent {
            window_ms: "soon".into(),
            minimum: "1.5".into(),
            payload: "{s3cret".into(),
            store: "redis".into(),
            redis_key: "no place".into(),
            redis_ttl: "90".into(),
            ..sent()
        };
        assert_eq!(fields(&wrong), ["payload", "window_ms", "minimum", "store.key"]);
        let problems = wrong.definition().unwrap_err();
        assert!(problems.iter().all(|problem| !problem.message.contains("s3cret")), "{problems:?}");
        assert_eq!(
            fields(&Sent { truth: "search".into(), search_filters: "[".into(), ..sent() }),
            ["truth.filter_groups"]
        );
        assert_eq!(fields(&Sent { window_ms: "-1".into(), ..sent() }), [""], "out of the type's bounds");
    }

    #[test]
    fn the_preview_is_what_the_trigger_would_be_sent() {
        let shown = |sent: Sent| preview(&sent.form());
        let usual = shown(sent()).unwrap();
        assert!(
            usual.contains("\"record_id\": \"40577087837\"") && usual.contains("\"total_bookings\": 8"),
            "{usual}"
        );
        let own = shown(Sent { payload: "{\"n\": \"{{value}}\"}".into(), ..sent() });
        assert_eq!(own.as_deref(), Some("{\n  \"n\": 8\n}"));
        assert_eq!(shown(Sent { payload: "{".into(), ..sent() }), None);
        assert_eq!(shown(Sent { target: "property".into(), ..sent() }), None);
    }
}
