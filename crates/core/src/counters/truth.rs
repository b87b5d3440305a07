//! Where it is known what a counter should be: the counter itself, HubSpot, a database, or an HTTP endpoint.

use super::payload::{self, Piece, pieces};
use crate::notify::target;
use crate::secret::Secret;
use serde_json::Value;

/// The longest query or URL, in bytes.
const MAX_LENGTH: usize = 4_096;

/// A source.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "source", deny_unknown_fields)]
pub enum Truth {
    /// The counter: what the application counted is right.
    #[default]
    Counter,
    /// How many records of a type the counter's record is associated with at HubSpot.
    Associations {
        /// The type of the records that are counted (`contacts`, `2-50158914`).
        to_object_type: String,
        /// Only associations of this type; none: of any.
        #[serde(default)]
        association_type_id: Option<u32>,
    },
    /// How many records a search at HubSpot finds. Its index lags behind by seconds to minutes (HubSpot facts 3.4).
    Search {
        /// The type of the records that are counted.
        object_type: String,
        /// The search's `filterGroups`, with `{{key}}` in their values.
        filter_groups: Value,
    },
    /// A query on a database that configuration names.
    Sql {
        /// Its name in the configuration.
        database: String,
        /// A `SELECT` of one number with `{{key}}` in it, or one of keys and numbers with `{{keys}}`, as in `IN ({{keys}})`. Both become
        /// bound parameters.
        query: String,
    },
    /// An endpoint that answers JSON.
    Http {
        /// Where, with `{{key}}` in the path or the query.
        url: String,
        /// Where in the answer the number is, as a JSON pointer (RFC 6901); empty: the answer is the number.
        #[serde(default)]
        pointer: String,
        /// What is sent as `Authorization`.
        #[serde(default, skip_serializing)]
        authorization: Option<Secret>,
    },
}

/// What is wrong with a source: the field, and why.
pub type Complaint = (&'static str, String);

impl Truth {
    /// What is wrong with it, with the field of each.
    #[must_use]
    pub fn check(&self, policy: &target::Policy) -> Vec<Complaint> {
        match self {
            Self::Counter => Vec::new(),
            Self::Associations { to_object_type, .. } => type_complaint("to_object_type", to_object_type),
            Self::Search { object_type, filter_groups } => {
                let mut all = type_complaint("object_type", object_type);
                all.extend(filter_complaint(filter_groups));
                all
            }
            Self::Sql { database, query } => {
                let mut all = Vec::new();
                if database.is_empty() {
                    all.push(("database", "name a database of the configuration".to_owned()));
                }
                all.extend(query_complaint(query).map(|why| ("query", why)));
                all
            }
            Self::Http { url, pointer, .. } => {
                let mut all: Vec<Complaint> =
                    url_complaint(url, policy).map(|why| ("url", why)).into_iter().collect();
                if !pointer.is_empty() && !pointer.starts_with('/') {
                    all.push((
                        "pointer",
                        "a JSON pointer is empty or begins with /, like /data/count".to_owned(),
                    ));
                }
                all
            }
        }
    }

    /// Whether it is something else than the counter.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        *self != Self::Counter
    }
}

/// Whether this may be an object type's name or id at HubSpot (`contacts`, `2-50158913`, `p123_mock_exams`).
#[must_use]
pub fn is_object_type(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

fn type_complaint(field: &'static str, text: &str) -> Vec<Complaint> {
    if is_object_type(text) {
        return Vec::new();
    }
    vec![(field, "an object type is its name or its id at HubSpot, like contacts or 2-50158913".to_owned())]
}

/// Groups of filters, with the key in at least one value and nothing else in double braces.
fn filter_complaint(groups: &Value) -> Option<Complaint> {
    let say = |why: &str| Some(("filter_groups", why.to_owned()));
    let is_group = |group: &Value| {
        let filters = group["filters"].as_array();
        filters.is_some_and(|all| {
            all.iter().all(|it| it["propertyName"].is_string() && it["operator"].is_string())
        })
    };
    let all = groups.as_array().filter(|all| (1..=5).contains(&all.len()) && all.iter().all(is_group));
    if all.is_none() {
        return say(
            "one to five groups, each {\"filters\": [{\"propertyName\": …, \"operator\": …, \"value\": …}]}",
        );
    }
    let text = groups.to_string();
    fn placed(piece: Piece<'_>) -> usize {
        match piece {
            Piece::Key => 1,
            Piece::Value | Piece::Unknown(_) => 1_000,
            Piece::Text(_) => 0,
        }
    }
    // Braces of JSON stand beside one another too, so values are looked at one by one.
    let mut found = 0;
    texts(groups, &mut |value| found += pieces(value).map(placed).sum::<usize>());
    match found {
        0 => say("no filter has {{key}} in its value, so every counter would have the same truth"),
        1_000.. => say("there is {{key}} and no other placeholder"),
        _ if text.len() > MAX_LENGTH => say("the filters are too long"),
        _ => None,
    }
}

fn texts(json: &Value, visit: &mut impl FnMut(&str)) {
    match json {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, visit)),
        Value::Object(fields) => fields.values().for_each(|inner| texts(inner, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `filter_groups` for one counter.
#[must_use]
pub fn filters_of(filter_groups: &Value, key: &str) -> Value {
    match filter_groups {
        Value::String(text) => payload::text_of(text, key, payload::VALUE).into(),
        Value::Array(items) => items.iter().map(|item| filters_of(item, key)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, inner)| (name.clone(), filters_of(inner, key))).collect())
        }
        other => other.clone(),
    }
}

/// Where many keys go in a query.
const KEYS: &str = "{{keys}}";

/// A query whose places became a database's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The statement.
    pub sql: String,
    /// How many parameters it has; each is a key. Several when one key stands in several places.
    pub parameters: usize,
    /// Whether it is for many keys and answers rows of key and number; else it is for one and answers a number.
    pub many: bool,
}

/// A query for `keys` keys (more than one only where it has `{{keys}}`), each place replaced by what `mark` writes for its number, counted
/// from 1. A key itself never becomes part of the text.
#[must_use]
pub fn bind(query: &str, keys: usize, mark: impl Fn(usize) -> String) -> Bound {
    let many = query.contains(KEYS);
    let (place, each) = if many { (KEYS, keys.max(1)) } else { (payload::KEY, 1) };
    let mut parts = query.split(place);
    let mut sql = parts.next().unwrap_or_default().to_owned();
    let mut parameters = 0;
    for part in parts {
        let marks: Vec<String> = (1..=each).map(|at| mark(parameters + at)).collect();
        parameters += each;
        sql.push_str(&marks.join(", "));
        sql.push_str(part);
    }
    Bound { sql, parameters, many }
}

fn query_complaint(query: &str) -> Option<String> {
    let text = query.trim();
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let reads = first.eq_ignore_ascii_case("select") || first.eq_ignore_ascii_case("with");
    let (one, many) = (text.matches(payload::KEY).count(), text.matches(KEYS).count());
    let others = text.matches("{{").count() - one - many;
    if text.len() > MAX_LENGTH {
        Some(format!("the query is longer than {MAX_LENGTH} bytes"))
    } else if !reads || text.contains(';') {
        Some("the query is one SELECT (or WITH … SELECT) without a semicolon".to_owned())
    } else if others > 0 || (one > 0) == (many > 0) {
        Some(
            "the query has {{key}} in it and selects one number, or {{keys}} and selects keys and numbers"
                .to_owned(),
        )
    } else if quoted(text) {
        Some(
            "a placeholder of the query stands in quotes: leave them out, the key becomes a bound parameter"
                .to_owned(),
        )
    } else {
        None
    }
}

fn quoted(text: &str) -> bool {
    ["'{{", "\"{{", "}}'", "}}\""].iter().any(|wrong| text.contains(wrong))
}

/// The URL for one counter, its key percent-encoded.
#[must_use]
pub fn url_of(url: &str, key: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    // In a path a plus is a plus.
    payload::text_of(url, &encoded.replace('+', "%20"), payload::VALUE)
}

fn url_complaint(url: &str, policy: &target::Policy) -> Option<String> {
    if !url.contains(payload::KEY) {
        return Some("the URL has no {{key}} in it, so every counter would have the same truth".to_owned());
    }
    let authority = url.split('/').nth(2).unwrap_or_default();
    if authority.contains("{{") || url.matches("{{").count() != url.matches(payload::KEY).count() {
        return Some("{{key}} stands in the path or the query, and there is no other placeholder".to_owned());
    }
    target::parse(&url_of(url, "0"), policy).err().map(|refusal| refusal.to_string())
}

#[cfg(test)]
mod tests;
