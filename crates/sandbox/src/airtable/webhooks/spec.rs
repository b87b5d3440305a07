//! A webhook's specification: which changes it is about, and what its payloads carry. Ids only, never names.

use crate::airtable::model::base::Base;
use serde_json::{Map, Value};

/// Where changes come from.
pub(in crate::airtable) const SOURCES: [&str; 9] = [
    "client",
    "publicApi",
    "formSubmission",
    "formPageSubmission",
    "automation",
    "system",
    "sync",
    "anonymousUser",
    "unknown",
];

/// What a webhook is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) enum Scope {
    Table(String),
    /// The view, and its table.
    View(String, String),
}

/// Which cells a payload carries besides the changed ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::airtable) enum Include {
    #[default]
    None,
    All,
    Fields(Vec<String>),
}

impl Include {
    /// Whether this field is among them.
    pub(in crate::airtable) fn has(&self, field: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Fields(fields) => fields.iter().any(|known| known == field),
        }
    }
}

/// A specification. Lists that were not given let everything through.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::airtable) struct Spec {
    pub(in crate::airtable) data_types: Vec<String>,
    pub(in crate::airtable) scope: Option<Scope>,
    pub(in crate::airtable) change_types: Option<Vec<String>>,
    pub(in crate::airtable) from_sources: Option<Vec<String>>,
    pub(in crate::airtable) form_view: Option<String>,
    pub(in crate::airtable) form_page: Option<String>,
    pub(in crate::airtable) watch_data: Option<Vec<String>>,
    pub(in crate::airtable) watch_schemas: Option<Vec<String>>,
    pub(in crate::airtable) include_cells: Include,
    pub(in crate::airtable) previous_cells: bool,
    pub(in crate::airtable) previous_fields: bool,
    /// As it was given.
    pub(in crate::airtable) raw: Value,
}

impl Spec {
    /// Whether it asks for this type of data.
    pub(in crate::airtable) fn wants(&self, data_type: &str) -> bool {
        self.data_types.iter().any(|known| known == data_type)
    }

    /// Whether a list lets this one through.
    pub(in crate::airtable) fn lets(list: Option<&Vec<String>>, one: &str) -> bool {
        list.is_none_or(|list| list.iter().any(|known| known == one))
    }

    /// Whether something it names is no longer there.
    pub(in crate::airtable) fn is_broken(&self, base: &Base) -> bool {
        let lost_table = match &self.scope {
            None => false,
            Some(Scope::Table(id) | Scope::View(_, id)) => {
                !base.live_tables().any(|(_, table)| table.id == *id)
            }
        };
        let fields = self.watch_data.iter().chain(&self.watch_schemas).flatten();
        lost_table || fields.into_iter().any(|id| !has_field(base, id))
    }
}

fn has_field(base: &Base, id: &str) -> bool {
    base.live_tables().any(|(_, table)| table.live_fields().any(|(_, field)| field.id == id))
}

/// Reads a specification.
///
/// # Errors
/// What is wrong with it.
pub(in crate::airtable) fn parse(base: &Base, specification: &Value) -> Result<Spec, String> {
    let options = object(specification, "specification", &["options"])?.get("options");
    let options = object(options.unwrap_or(&Value::Null), "options", &["filters", "includes"])?;
    let filters = object(options.get("filters").unwrap_or(&Value::Null), "filters", &FILTERS)?;
    let mut spec = Spec { raw: specification.clone(), ..Spec::default() };
    let types = Some(&["tableData", "tableFields", "tableMetadata"][..]);
    spec.data_types = names(filters, "dataTypes", types)?.unwrap_or_default();
    if spec.data_types.is_empty() {
        return Err("filters.dataTypes must name at least one type".to_owned());
    }
    spec.change_types = limits(names(filters, "changeTypes", Some(&["add", "remove", "update"]))?);
    spec.from_sources = limits(names(filters, "fromSources", Some(&SOURCES))?);
    spec.watch_data = fields(base, filters, "watchDataInFieldIds")?;
    spec.watch_schemas = fields(base, filters, "watchSchemasOfFieldIds")?;
    spec.scope = scope(base, filters.get("recordChangeScope"))?;
    if let Some(sources) = present(filters.get("sourceOptions")) {
        let sources = object(sources, "sourceOptions", &["formSubmission", "formPageSubmission"])?;
        spec.form_view = inner(sources, "formSubmission", "viewId")?;
        spec.form_page = inner(sources, "formPageSubmission", "pageId")?;
    }
    if let Some(includes) = present(options.get("includes")) {
        let includes = object(includes, "includes", &INCLUDES)?;
        spec.include_cells = included(base, includes)?;
        spec.previous_cells = flag(includes, "includePreviousCellValues")?;
        spec.previous_fields = flag(includes, "includePreviousFieldDefinitions")?;
    }
    Ok(spec)
}

const FILTERS: [&str; 7] = [
    "dataTypes",
    "recordChangeScope",
    "changeTypes",
    "fromSources",
    "sourceOptions",
    "watchDataInFieldIds",
    "watchSchemasOfFieldIds",
];

const INCLUDES: [&str; 3] =
    ["includeCellValuesInFieldIds", "includePreviousCellValues", "includePreviousFieldDefinitions"];

/// A value that is there and not null.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

fn object<'a>(value: &'a Value, name: &str, keys: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| format!("{name} must be an object"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(unknown) => Err(format!("{name} has no {unknown}")),
        None => Ok(object),
    }
}

fn names(
    filters: &Map<String, Value>,
    key: &str,
    known: Option<&[&str]>,
) -> Result<Option<Vec<String>>, String> {
    let Some(value) = present(filters.get(key)) else { return Ok(None) };
    let texts: Option<Vec<String>> =
        value.as_array().and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
    let texts = texts.ok_or_else(|| format!("{key} must be a list of texts"))?;
    let unknown = texts.iter().find(|text| known.is_some_and(|known| !known.contains(&text.as_str())));
    match unknown {
        Some(unknown) => Err(format!("{key} does not know {unknown}")),
        None => Ok(Some(texts)),
    }
}

/// pyairtable sends empty lists for those that are not wanted: they limit nothing.
fn limits(names: Option<Vec<String>>) -> Option<Vec<String>> {
    names.filter(|names| !names.is_empty())
}

fn fields(base: &Base, filters: &Map<String, Value>, key: &str) -> Result<Option<Vec<String>>, String> {
    let ids = limits(names(filters, key, None)?);
    match ids.iter().flatten().find(|id| !has_field(base, id)) {
        Some(unknown) => Err(format!("{key}: there is no field {unknown}")),
        None => Ok(ids),
    }
}

fn scope(base: &Base, value: Option<&Value>) -> Result<Option<Scope>, String> {
    let Some(value) = present(value) else { return Ok(None) };
    let id = value.as_str().ok_or("recordChangeScope must be the id of a table or a view")?;
    for (_, table) in base.live_tables() {
        if table.id == id {
            return Ok(Some(Scope::Table(id.to_owned())));
        }
        if table.views.iter().any(|view| view.id == id) {
            return Ok(Some(Scope::View(id.to_owned(), table.id.clone())));
        }
    }
    Err(format!("recordChangeScope: there is no table or view {id}"))
}

fn inner(sources: &Map<String, Value>, key: &str, id: &str) -> Result<Option<String>, String> {
    let Some(value) = present(sources.get(key)) else { return Ok(None) };
    let id = value[id].as_str().ok_or_else(|| format!("sourceOptions.{key} must have {id}"))?;
    Ok(Some(id.to_owned()))
}

fn flag(includes: &Map<String, Value>, key: &str) -> Result<bool, String> {
    match present(includes.get(key)) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| format!("{key} must be true or false")),
    }
}

fn included(base: &Base, includes: &Map<String, Value>) -> Result<Include, String> {
    let key = "includeCellValuesInFieldIds";
    if includes.get(key).and_then(Value::as_str) == Some("all") {
        return Ok(Include::All);
    }
    Ok(fields(base, includes, key)?.map_or(Include::None, Include::Fields))
}
