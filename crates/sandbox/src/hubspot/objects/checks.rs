//! What must hold of a record's values beyond each being valid by itself (HubSpot facts 3.2, 3.6).

use super::super::properties;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::index::{email_key, emails};
use super::refusals::{self, Refused};
use super::settings::{Backwards, Settings};
use super::store::View;

/// A name and its value as it will be kept; empty clears.
pub(super) type Values = Vec<(String, String)>;

/// The given value of a property, none when it is empty.
pub(super) fn given<'a>(values: &'a Values, name: &str) -> Option<&'a str> {
    values
        .iter()
        .find(|(given, _)| given == name)
        .map(|(_, value)| &**value)
        .filter(|value| !value.is_empty())
}

/// What a new record lacks: one of these, or all of these.
pub(super) fn lacking(object_type: TypeId, values: &Values) -> Vec<&'static str> {
    let one_of: &[&'static str] = match object_type {
        TypeId::CONTACT => &["email", "firstname", "lastname"],
        TypeId::COMPANY => &["domain", "name"],
        _ => &[],
    };
    if !one_of.is_empty() {
        return if one_of.iter().any(|name| given(values, name).is_some()) {
            Vec::new()
        } else {
            one_of.to_vec()
        };
    }
    let all: &[&'static str] =
        if object_type == TypeId::DEAL { &["dealname", "dealstage", "pipeline"] } else { &[] };
    all.iter().copied().filter(|name| given(values, name).is_none()).collect()
}

/// The stages every account has, in their order.
const LIFECYCLE: &[&str] = &[
    "subscriber",
    "lead",
    "marketingqualifiedlead",
    "salesqualifiedlead",
    "opportunity",
    "customer",
    "evangelist",
    "other",
];

/// Whether this would go back to an earlier stage. A cleared one may become anything; stages of the account's own have
/// no known order.
pub(super) fn goes_back(from: &str, to: &str) -> bool {
    let place = |stage: &str| LIFECYCLE.iter().position(|known| *known == stage);
    matches!((place(from), place(to)), (Some(from), Some(to)) if to < from)
}

/// Whether a value with a leading `;` is added to what is there (HubSpot facts 4): lists of options and of addresses are.
fn is_list(portal: &Portal, object_type: TypeId, name: &str) -> bool {
    name == "hs_additional_emails"
        || portal.properties.get(object_type, name).is_some_and(properties::Definition::is_multiple)
}

/// The values as they will be written to this record: additions added, stages that lie behind left out.
///
/// # Errors
/// When a stage lies behind and that is refused.
pub(super) fn fitted(
    portal: &Portal,
    view: Option<View<'_>>,
    object_type: TypeId,
    values: Values,
    settings: &Settings,
) -> Result<Values, Refused> {
    let current = |name: &str| view.and_then(|view| view.named(name)).unwrap_or_default();
    let mut fitted = Values::with_capacity(values.len());
    for (name, value) in values {
        if kept_by_hubspot(&name) {
            continue;
        }
        if value.starts_with(';') && is_list(portal, object_type, &name) {
            let value = properties::appended(Some(&current(&name)), &value);
            fitted.push((name, value));
        } else if name == "lifecyclestage" && goes_back(&current(&name), &value) {
            if settings.lifecycle_backwards == Backwards::Refuse {
                let message = format!("{value} is before the current lifecycle stage");
                return Err(refusals::invalid_value(&name, "INVALID_OPTION", &message).into());
            }
        } else {
            fitted.push((name, value));
        }
    }
    Ok(fitted)
}

/// Properties whose values are not written but follow from the record.
fn kept_by_hubspot(name: &str) -> bool {
    matches!(name, "hs_object_id" | "lastmodifieddate" | "hs_lastmodifieddate")
        || name.starts_with("hs_object_source")
}

/// Lets values pass that nobody else has: addresses over all contacts, and unique properties.
///
/// # Errors
/// 409 or what the settings say, naming who has it; an address on the block list is refused too.
pub(super) fn unique(
    portal: &Portal,
    own: Option<u64>,
    object_type: TypeId,
    values: &Values,
    (now, settings): (i64, &Settings),
) -> Result<(), Refused> {
    let Some(records) = portal.objects.of(object_type) else { return Ok(()) };
    for (name, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        let other = |value: &str| records.owner(name, value).filter(|owner| Some(*owner) != own);
        if object_type == TypeId::CONTACT && matches!(&**name, "email" | "hs_additional_emails") {
            for email in emails(value) {
                if records.blocked.contains(&email_key(email)) {
                    return Err(refusals::blocked(settings).into());
                }
                if let Some(existing) = other(email) {
                    return Err(refusals::contact_exists(existing, email, now, settings));
                }
            }
        } else if properties::is_unique(portal, object_type, name)
            && let Some(existing) = other(value)
        {
            return Err(refusals::value_taken(name, value, existing, settings));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_contact_needs_one_of_three_a_company_one_of_two_a_deal_all_three() {
        assert!(lacking(TypeId::CONTACT, &values(&[("lastname", "Lovelace")])).is_empty());
        assert_eq!(lacking(TypeId::CONTACT, &values(&[("city", "London")])).len(), 3);
        assert_eq!(lacking(TypeId::CONTACT, &values(&[("email", "")])).len(), 3, "empty is not given");
        assert!(lacking(TypeId::COMPANY, &values(&[("name", "Acme")])).is_empty());
        assert_eq!(lacking(TypeId::COMPANY, &values(&[])), ["domain", "name"]);
        let deal = values(&[("dealname", "Big"), ("pipeline", "default")]);
        assert_eq!(lacking(TypeId::DEAL, &deal), ["dealstage"]);
        assert!(lacking(TypeId::TICKET, &values(&[])).is_empty());
    }

    #[test]
    fn stages_only_go_forward() {
        assert!(goes_back("customer", "lead"));
        assert!(!goes_back("lead", "customer") && !goes_back("lead", "lead"));
        assert!(!goes_back("", "lead") && !goes_back("customer", ""), "cleared first, anything goes");
        assert!(!goes_back("customer", "140563452"), "an account's own stage");
    }
}
