//! What a list may ask for, in the query of a GET or the body of a `listRecords`.

use crate::airtable::call::Call;
use crate::airtable::formula::{Expr, parse};
use crate::airtable::model::strings::Audience;
use crate::airtable::model::table::Table;
use crate::airtable::model::write::unknown_field;
use crate::airtable::model::zone;
use crate::airtable::problem::Problem;
use crate::airtable::settings::Errors;
use serde_json::{Map, Value};

/// How records are written.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Only these fields.
    pub(super) fields: Option<Vec<u16>>,
    pub(super) by_id: bool,
    /// For whom cells are turned into strings.
    pub(super) audience: Option<Audience>,
    pub(super) comment_count: bool,
}

/// What a list asks for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) page_size: usize,
    pub(super) max_records: Option<usize>,
    pub(super) offset: Option<String>,
    /// Whether a view says the order.
    pub(super) in_view: bool,
    /// Fields, and whether they go down.
    pub(super) sort: Vec<(u16, bool)>,
    pub(super) filter: Option<Expr>,
    pub(super) shape: Shape,
}

/// The same, before it is understood.
#[derive(Debug, Default)]
pub(super) struct Raw {
    page_size: Option<String>,
    max_records: Option<String>,
    offset: Option<String>,
    view: Option<String>,
    sort: Vec<(String, Option<String>)>,
    formula: Option<String>,
    fields: Vec<String>,
    cell_format: Option<String>,
    time_zone: Option<String>,
    user_locale: Option<String>,
    by_id: Option<String>,
    metadata: Vec<String>,
}

impl Raw {
    /// From the query of a GET. Unknown keys are tolerated; `limit` is an old name of `pageSize`.
    pub(super) fn from_query(call: &Call) -> Self {
        let text = |name: &str| call.param(name).map(str::to_owned);
        let texts = |name: &str| call.list(name).into_iter().map(str::to_owned).collect();
        Self {
            page_size: text("pageSize").or_else(|| text("limit")),
            max_records: text("maxRecords"),
            offset: text("offset"),
            view: text("view"),
            sort: sort_in_query(call),
            formula: text("filterByFormula"),
            fields: texts("fields"),
            cell_format: text("cellFormat"),
            time_zone: text("timeZone"),
            user_locale: text("userLocale"),
            by_id: text("returnFieldsByFieldId"),
            metadata: texts("recordMetadata"),
        }
    }

    /// From the body of a `listRecords`; time zone and locale stay in the query.
    ///
    /// # Errors
    /// When a key is of the wrong kind.
    pub(super) fn from_body(call: &Call, body: &Map<String, Value>) -> Result<Self, Problem> {
        if body.get("offset").is_some_and(Value::is_null) {
            return Err(Problem::invalid_offset("null"));
        }
        Ok(Self {
            page_size: scalar(body, "pageSize")?,
            max_records: scalar(body, "maxRecords")?,
            offset: scalar(body, "offset")?,
            view: scalar(body, "view")?.filter(|view| !view.is_empty()),
            sort: sort_in_body(body)?,
            formula: scalar(body, "filterByFormula")?.filter(|formula| !formula.is_empty()),
            fields: list(body, "fields")?,
            cell_format: scalar(body, "cellFormat")?,
            time_zone: call.param("timeZone").map(str::to_owned),
            user_locale: call.param("userLocale").map(str::to_owned),
            by_id: scalar(body, "returnFieldsByFieldId")?,
            metadata: list(body, "recordMetadata")?,
        })
    }

    /// Only what says how records are written, for a single record.
    ///
    /// # Errors
    /// When something makes no sense.
    pub(super) fn shape(self, table: &Table, errors: &Errors) -> Result<Shape, Problem> {
        let mut slots = Vec::with_capacity(self.fields.len());
        for name in &self.fields {
            slots.push(table.field(name).ok_or_else(|| unknown_field(errors, name))?);
        }
        if let Some(unknown) = self.metadata.iter().find(|name| *name != "commentCount") {
            return Err(Problem::invalid_request(format!("recordMetadata does not know {unknown}")));
        }
        let audience = match self.cell_format.as_deref() {
            None | Some("json") => None,
            Some("string") => Some(audience(self.time_zone.as_deref(), self.user_locale)?),
            Some(other) => {
                return Err(Problem::invalid_request(format!("cellFormat is json or string, not {other}")));
            }
        };
        Ok(Shape {
            fields: (!slots.is_empty()).then_some(slots),
            by_id: boolean("returnFieldsByFieldId", self.by_id.as_deref())?,
            audience,
            comment_count: !self.metadata.is_empty(),
        })
    }

    /// Everything.
    ///
    /// # Errors
    /// When something makes no sense.
    pub(super) fn query(self, table: &Table, errors: &Errors) -> Result<Query, Problem> {
        let page_size = number("pageSize", self.page_size.as_deref())?.unwrap_or(100);
        if !(1..=100).contains(&page_size) {
            return Err(Problem::invalid_request("pageSize must be a number from 1 to 100"));
        }
        let max_records = number("maxRecords", self.max_records.as_deref())?;
        if max_records == Some(0) {
            return Err(Problem::invalid_request("maxRecords must be at least 1"));
        }
        if let Some(view) = &self.view
            && table.view(view).is_none()
        {
            return Err(Problem::typed(422, "VIEW_NAME_NOT_FOUND", format!("View {view} not found")));
        }
        let mut sort = Vec::with_capacity(self.sort.len());
        for (name, direction) in &self.sort {
            let field = table.field(name).ok_or_else(|| unknown_field(errors, name))?;
            sort.push((field, is_down(direction.as_deref())?));
        }
        let filter = self.formula.as_deref().map(|formula| filter(table, formula)).transpose()?;
        let (offset, in_view) = (self.offset.clone(), self.view.is_some());
        let shape = self.shape(table, errors)?;
        Ok(Query { page_size, max_records, offset, in_view, sort, filter, shape })
    }
}

fn filter(table: &Table, formula: &str) -> Result<Expr, Problem> {
    parse(formula, &|name| table.field(name)).map_err(|reason| {
        let message = format!("The formula for filtering records is invalid: {reason}");
        Problem::typed(422, "INVALID_FILTER_BY_FORMULA", message)
    })
}

fn is_down(direction: Option<&str>) -> Result<bool, Problem> {
    match direction {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(other) => Err(Problem::invalid_request(format!("direction is asc or desc, not {other}"))),
    }
}

fn audience(time_zone: Option<&str>, locale: Option<String>) -> Result<Audience, Problem> {
    let (Some(name), Some(locale)) = (time_zone, locale) else {
        return Err(Problem::invalid_request(
            "timeZone and userLocale parameters are required when cellFormat is string",
        ));
    };
    let known =
        zone::zone(name).ok_or_else(|| Problem::invalid_request(format!("{name} is no time zone")))?;
    Ok(Audience { zone: known, locale })
}

fn number(key: &str, text: Option<&str>) -> Result<Option<usize>, Problem> {
    let number = text
        .map(|text| text.parse().map_err(|_| Problem::invalid_request(format!("{key} must be a number"))));
    number.transpose()
}

fn boolean(key: &str, text: Option<&str>) -> Result<bool, Problem> {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Problem::invalid_request(format!("{key} must be true or false"))),
    }
}

/// `sort[0][field]=…&sort[0][direction]=…`
fn sort_in_query(call: &Call) -> Vec<(String, Option<String>)> {
    let mut found: std::collections::BTreeMap<usize, (String, Option<String>)> =
        std::collections::BTreeMap::new();
    for (key, value) in &call.query {
        let Some((index, rest)) = key.strip_prefix("sort[").and_then(|rest| rest.split_once(']')) else {
            continue;
        };
        let Ok(index) = index.parse() else { continue };
        match rest {
            "[field]" => found.entry(index).or_default().0.clone_from(value),
            "[direction]" => found.entry(index).or_default().1 = Some(value.clone()),
            _ => {}
        }
    }
    found.into_values().collect()
}

fn sort_in_body(body: &Map<String, Value>) -> Result<Vec<(String, Option<String>)>, Problem> {
    let wrong = || Problem::invalid_request("sort must be a list of objects with field and direction");
    let Some(value) = crate::airtable::call::given(body, "sort") else { return Ok(Vec::new()) };
    let parts = value.as_array().ok_or_else(wrong)?.iter().map(|part| {
        let field = part["field"].as_str().ok_or_else(wrong)?;
        let direction = match &part["direction"] {
            Value::Null => None,
            Value::String(direction) => Some(direction.clone()),
            _ => return Err(wrong()),
        };
        Ok((field.to_owned(), direction))
    });
    parts.collect()
}

fn scalar(body: &Map<String, Value>, key: &str) -> Result<Option<String>, Problem> {
    match crate::airtable::call::given(body, key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
        Some(_) => Err(Problem::invalid_request(format!("{key} is of the wrong type"))),
    }
}

fn list(body: &Map<String, Value>, key: &str) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::invalid_request(format!("{key} must be a list of texts"));
    let Some(value) = crate::airtable::call::given(body, key) else { return Ok(Vec::new()) };
    let texts: Option<Vec<String>> =
        value.as_array().ok_or_else(wrong)?.iter().map(|text| text.as_str().map(str::to_owned)).collect();
    texts.ok_or_else(wrong)
}
