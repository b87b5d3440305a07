//! A call about records: who calls, which type and record the path names, what the query asks for.

use super::super::Hubspot;
use super::super::access::Caller;
use super::super::change::{Change, Source};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::super::{properties, settings};
use super::query::Query;
use super::settings::Settings;
use super::show::Wanted;
use super::write::{By, Rules};
use super::{auto, refusals};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use std::sync::Arc;

/// The date from which on an account's admin's demands are enforced (HubSpot facts 10).
const ADMIN_RULES_SINCE: &str = "2026-09";

/// A call about the records of one type.
pub(super) struct Call {
    pub(super) hubspot: Arc<Hubspot>,
    pub(super) caller: Caller,
    settings: Arc<settings::Settings>,
    pub(super) object_type: TypeId,
    /// The record, where the path names one.
    pub(super) id: String,
    pub(super) query: Query,
    /// The path, without its query.
    pub(super) path: String,
    /// `2026-09`; none for v3.
    version: Option<String>,
}

impl FromRequestParts<Arc<Hubspot>> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, hubspot: &Arc<Hubspot>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, hubspot).await?;
        let params = RawPathParams::from_request_parts(parts, hubspot)
            .await
            .map_err(|_| ApiError::resource_not_found())?;
        let param = |name: &str| params.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let all = hubspot.settings.get();
        let settings = &all.objects;
        let query = parts.uri.query().unwrap_or_default();
        if parts.uri.path().len() + query.len() > settings.max_url_bytes {
            return Err(refusals::url_too_long());
        }
        let version = param("version").map(str::to_owned);
        if version.as_ref().is_some_and(|version| !settings.versions.contains(version)) {
            return Err(ApiError::resource_not_found());
        }
        let name = param("object_type").unwrap_or_default();
        let object_type = hubspot.read(caller.portal, |account| {
            account.object_type(name).ok_or_else(|| refusals::unknown_type(name, settings))
        })?;
        Ok(Self {
            id: param("id").unwrap_or_default().to_owned(),
            query: Query::parse(query),
            path: parts.uri.path().to_owned(),
            hubspot: Arc::clone(hubspot),
            caller,
            settings: all,
            object_type,
            version,
        })
    }
}

impl Call {
    /// What is only guessed.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings.objects
    }

    /// Lets those go on who may read these records.
    pub(super) fn reads(&self) -> Result<(), ApiError> {
        self.caller.needs_one_of(scopes(self.object_type, false))
    }

    /// Lets those go on who may change these records.
    pub(super) fn writes(&self) -> Result<(), ApiError> {
        self.caller.needs_one_of(scopes(self.object_type, true))
    }

    /// Looks at the account.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Portal) -> Result<T, ApiError>) -> Result<T, ApiError> {
        self.hubspot.read(self.caller.portal, look)
    }

    /// Changes the account as this caller.
    pub(super) fn change<T>(
        &self,
        act: impl FnOnce(&mut Portal, &By, Rules<'_>) -> Result<(T, Vec<Change>), ApiError>,
    ) -> Result<T, ApiError> {
        let since = |version: &String| version.as_str() >= ADMIN_RULES_SINCE;
        let rules = Rules { settings: self.settings(), admin: self.version.as_ref().is_some_and(since) };
        let mut contacts = Vec::new();
        let done = self.hubspot.write(self.caller.portal, |account| {
            // The moment is taken under the lock, so that later writes have later moments.
            let by = By { at: self.hubspot.house.now(), source: Source::app(self.caller.app) };
            let (done, changes) = act(account, &by, rules)?;
            contacts = auto::addressed(self.settings(), &changes);
            Ok((done, changes))
        })?;
        auto::later(&self.hubspot, self.caller.portal, contacts, self.settings());
        Ok(done)
    }

    /// What the query wants to see.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            properties: self.query.list("properties"),
            with_history: self.query.list("propertiesWithHistory").unwrap_or_default(),
            associations: self.query.list("associations").unwrap_or_default(),
        }
    }

    /// Refuses to show associations with types nobody knows.
    pub(super) fn knows_types(&self, portal: &Portal, wanted: &Wanted) -> Result<(), ApiError> {
        let unknown = wanted.associations.iter().find(|name| portal.object_type(name).is_none());
        unknown.map_or(Ok(()), |name| Err(refusals::unknown_type(name, self.settings())))
    }

    /// Where the API is.
    pub(super) fn host(&self) -> String {
        self.hubspot.house.url_of("hubspot")
    }

    /// The record that `text` means, by its id or by a unique property; archived ones only if `archived`.
    ///
    /// # Errors
    /// When the property is not unique.
    pub(super) fn locate(
        &self,
        portal: &Portal,
        text: &str,
        id_property: Option<&str>,
        archived: bool,
    ) -> Result<Option<u64>, ApiError> {
        let records = portal.objects.of(self.object_type);
        let Some(name) = id_property.filter(|name| *name != "hs_object_id") else {
            return Ok(text.parse().ok());
        };
        let is_email = self.object_type == TypeId::CONTACT && name == "email";
        if !is_email && !properties::is_unique(portal, self.object_type, name) {
            let message = format!("idProperty {name} is not a unique property of the object type");
            return Err(ApiError::validation(message));
        }
        let Some(records) = records else { return Ok(None) };
        if archived {
            let has = |value: &str| if is_email { value.eq_ignore_ascii_case(text) } else { value == text };
            let found = records.archived(0).find(|view| view.named(name).is_some_and(|value| has(&value)));
            return Ok(found.map(|view| view.id));
        }
        let is_primary = |id: &u64| {
            let view = records.get(*id);
            view.and_then(|view| view.named(name))
                .is_some_and(|value| value.trim().to_lowercase() == text.trim().to_lowercase())
        };
        let owner = records.owner(name, text);
        Ok(owner.filter(|id| !is_email || self.settings().email_finds_additional || is_primary(id)))
    }

    /// No record is meant by this text.
    pub(super) fn not_found(&self, text: &str) -> ApiError {
        refusals::not_found(text, self.settings())
    }
}

/// One of these scopes lets a caller read or write records of a type.
fn scopes(object_type: TypeId, write: bool) -> &'static [&'static str] {
    let (read, written): (&[&str], &[&str]) = match (object_type.space, object_type.number) {
        (0, 2) => (&["crm.objects.companies.read"], &["crm.objects.companies.write"]),
        (0, 3) => (&["crm.objects.deals.read"], &["crm.objects.deals.write"]),
        (0, 5) => (&["tickets", "crm.objects.tickets.read"], &["tickets", "crm.objects.tickets.write"]),
        (0, 7) => {
            (&["e-commerce", "crm.objects.products.read"], &["e-commerce", "crm.objects.products.write"])
        }
        (0, 8) => {
            (&["e-commerce", "crm.objects.line_items.read"], &["e-commerce", "crm.objects.line_items.write"])
        }
        (0, 115) => (&["crm.objects.users.read"], &["crm.objects.users.write"]),
        (0, 136) => (&["crm.objects.leads.read"], &["crm.objects.leads.write"]),
        // Contacts, and what is noted down about them.
        (0, _) => (&["crm.objects.contacts.read"], &["crm.objects.contacts.write"]),
        _ => (&["crm.objects.custom.read"], &["crm.objects.custom.write"]),
    };
    if write { written } else { read }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_scopes() {
        assert_eq!(scopes(TypeId::CONTACT, false), ["crm.objects.contacts.read"]);
        assert_eq!(scopes(TypeId::DEAL, true), ["crm.objects.deals.write"]);
        assert_eq!(scopes(TypeId { space: 2, number: 7 }, true), ["crm.objects.custom.write"]);
        assert_eq!(scopes(TypeId { space: 0, number: 46 }, false), ["crm.objects.contacts.read"], "notes");
    }
}
