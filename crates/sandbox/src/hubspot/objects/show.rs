//! Records as the API shows them (HubSpot facts 3.2).

use super::super::state::Portal;
use super::super::types::TypeId;
use super::super::{associations, properties};
use super::store::{Column, View, modified_name};
use crate::house::clock::iso;
use serde_json::{Map, Value, json};

/// What of a record to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// These properties; none: the type's default ones.
    pub(crate) properties: Option<Vec<String>>,
    /// These with their history.
    pub(crate) with_history: Vec<String>,
    /// Associations to these types, as the caller wrote them.
    pub(crate) associations: Vec<String>,
}

/// A record as JSON. Of many, make one [`Look`] and show each with it.
pub(crate) fn show(portal: &Portal, view: View<'_>, wanted: &Wanted) -> Value {
    Look::new(portal, view.records.object_type, wanted).show(view)
}

/// What to show of every record of a list, looked up once.
#[derive(Debug)]
pub(crate) struct Look<'a> {
    portal: &'a Portal,
    properties: Vec<(String, Column)>,
    history: Vec<(String, Column)>,
    /// The types, and the keys they are shown under.
    associations: Vec<(TypeId, String)>,
    paging: Option<Paging>,
}

/// Where associations that are too many go on.
#[derive(Debug)]
struct Paging {
    most: usize,
    host: String,
}

/// Shown of every type, whatever is asked for.
fn always(object_type: TypeId) -> [&'static str; 3] {
    ["createdate", "hs_object_id", modified_name(object_type)]
}

/// Shown where nothing is asked for.
fn by_default(object_type: TypeId) -> &'static [&'static str] {
    match object_type {
        TypeId::CONTACT => &["email", "firstname", "lastname"],
        TypeId::COMPANY => &["name", "domain"],
        TypeId::DEAL => &["dealname", "amount", "closedate", "pipeline", "dealstage"],
        _ => &[],
    }
}

impl<'a> Look<'a> {
    /// At records of one type. What is not defined is left out.
    pub(crate) fn new(portal: &'a Portal, object_type: TypeId, wanted: &Wanted) -> Self {
        let defined = |name: &&str| is_kept(name) || properties::is_known(portal, object_type, name);
        let names: Vec<&str> = match &wanted.properties {
            Some(names) => names.iter().map(String::as_str).filter(defined).collect(),
            None => by_default(object_type).to_vec(),
        };
        let history = wanted.with_history.iter().map(String::as_str).filter(defined);
        Self {
            history: columns(portal, object_type, history),
            associations: wanted
                .associations
                .iter()
                .filter_map(|name| portal.object_type(name))
                .map(|to| (to, association_key(portal, to)))
                .collect(),
            ..Self::at(portal, object_type, names.into_iter())
        }
    }

    /// At these properties, all of which are there.
    pub(super) fn at<'n>(
        portal: &'a Portal,
        object_type: TypeId,
        names: impl Iterator<Item = &'n str>,
    ) -> Self {
        let names = always(object_type).into_iter().chain(names);
        Self {
            portal,
            properties: columns(portal, object_type, names),
            history: Vec::new(),
            associations: Vec::new(),
            paging: None,
        }
    }

    /// With at most so many associations of one type at once.
    pub(super) fn paged(self, most: usize, host: String) -> Self {
        Self { paging: Some(Paging { most, host }), ..self }
    }

    /// One record.
    pub(crate) fn show(&self, view: View<'_>) -> Value {
        let text =
            |value: Option<_>| value.map_or(Value::Null, |value: std::borrow::Cow<'_, str>| json!(value));
        let properties: Map<String, Value> =
            self.properties.iter().map(|(name, column)| (name.clone(), text(view.value(*column)))).collect();
        let mut shown = Map::new();
        shown.insert("id".to_owned(), json!(view.id.to_string()));
        shown.insert("properties".to_owned(), Value::Object(properties));
        shown.insert("createdAt".to_owned(), json!(iso(view.record.created_at)));
        shown.insert("updatedAt".to_owned(), json!(iso(view.record.updated_at)));
        shown.insert("archived".to_owned(), json!(view.record.archived_at.is_some()));
        if let Some(at) = view.record.archived_at {
            shown.insert("archivedAt".to_owned(), json!(iso(at)));
        }
        shown.insert("url".to_owned(), json!(self.url(view)));
        if !self.history.is_empty() {
            shown.insert("propertiesWithHistory".to_owned(), self.history(view));
        }
        let associations = self.associations(view);
        if !associations.is_empty() {
            shown.insert("associations".to_owned(), Value::Object(associations));
        }
        Value::Object(shown)
    }

    /// Where people see it.
    fn url(&self, view: View<'_>) -> String {
        let region = match self.portal.hublet {
            "na1" => String::new(),
            hublet => format!("-{hublet}"),
        };
        let (portal, object_type, id) = (self.portal.id, view.records.object_type, view.id);
        format!("https://app{region}.hubspot.com/contacts/{portal}/record/{object_type}/{id}")
    }

    fn history(&self, view: View<'_>) -> Value {
        let of = |column: Column| -> Vec<Value> {
            let versions = view.versions(column).into_iter().map(|version| {
                let mut shown = json!({
                    "value": version.value, "timestamp": iso(version.at), "sourceType": version.kind,
                    "sourceId": version.source_id, "sourceLabel": version.kind,
                });
                if let Some(user) = version.user {
                    shown["updatedByUserId"] = json!(user);
                }
                shown
            });
            versions.collect()
        };
        self.history.iter().map(|(name, column)| (name.clone(), json!(of(*column)))).collect()
    }

    fn associations(&self, view: View<'_>) -> Map<String, Value> {
        let from = (view.records.object_type, view.id);
        let mut shown = Map::new();
        for (to, key) in &self.associations {
            let listed = associations::listed(self.portal, from, *to);
            if listed.is_empty() {
                continue;
            }
            let most = self.paging.as_ref().map_or(usize::MAX, |paging| paging.most);
            let results: Vec<Value> = listed
                .iter()
                .take(most)
                .flat_map(|(id, kinds)| {
                    kinds.iter().map(move |kind| json!({ "id": id.to_string(), "type": kind }))
                })
                .collect();
            let mut list = json!({ "results": results });
            if let (Some((next, _)), Some(paging)) = (listed.get(most), &self.paging) {
                let (object_type, id) = from;
                let link = format!(
                    "{}/crm/v3/objects/{object_type}/{id}/associations/{to}?after={next}",
                    paging.host
                );
                list["paging"] = json!({ "next": { "after": next.to_string(), "link": link } });
            }
            shown.insert(key.clone(), list);
        }
        shown
    }
}

fn columns<'n>(
    portal: &Portal,
    object_type: TypeId,
    names: impl Iterator<Item = &'n str>,
) -> Vec<(String, Column)> {
    let records = portal.objects.of(object_type);
    let column = |name| records.map_or(Column::Nowhere, |records| records.column(name));
    names.map(|name| (name.to_owned(), column(name))).collect()
}

/// Properties every type has.
fn is_kept(name: &str) -> bool {
    matches!(name, "createdate" | "hs_object_id") || name.starts_with("hs_object_source")
}

/// `companies`; an account's own types go by their full name.
fn association_key(portal: &Portal, to: TypeId) -> String {
    match (to.plural(), portal.custom_types.get(&to)) {
        (Some(plural), _) => plural.to_owned(),
        (None, Some(custom)) => format!("p{}_{}", portal.id, custom.name),
        (None, None) => to.to_string(),
    }
}
