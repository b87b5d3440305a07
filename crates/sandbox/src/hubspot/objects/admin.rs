//! What an account's admin demands of records: enforced on writes from 2026-09 on (HubSpot facts 3.5, 10).

use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::checks::Values;
use super::links::{self, Link};
use super::refusals;
use super::settings::{AdminRule, Settings};
use super::store::View;

/// Checks a new record.
///
/// # Errors
/// 400 `VALIDATION_ERROR` with what is missing.
pub(super) fn on_create(
    portal: &Portal,
    object_type: TypeId,
    values: &Values,
    links: &[Link],
    settings: &Settings,
) -> Result<(), ApiError> {
    for rule in of(portal, object_type, settings) {
        let missing = missing(rule, |name| value_after(None, values, name));
        if !missing.is_empty() {
            return Err(refusals::required(&portal.type_label(object_type), &missing));
        }
        for wanted in &rule.associated {
            let to = portal.object_type(wanted);
            let associated = links
                .iter()
                .flat_map(|link| links::targets(portal, object_type, link))
                .any(|(object_type, _)| Some(object_type) == to);
            if !associated {
                return Err(ApiError::validation(format!("An association with {wanted} is required.")));
            }
        }
    }
    Ok(())
}

/// Checks a change: only rules with a condition concern it.
///
/// # Errors
/// 400 `VALIDATION_ERROR` with what would be missing.
pub(super) fn on_update(
    portal: &Portal,
    view: Option<View<'_>>,
    object_type: TypeId,
    values: &Values,
    settings: &Settings,
) -> Result<(), ApiError> {
    for rule in of(portal, object_type, settings).filter(|rule| !rule.when.is_empty()) {
        if let Some(name) = missing(rule, |name| value_after(view, values, name)).first() {
            return Err(refusals::invalid_value(name, "REQUIRED_PROPERTY", &format!("{name} is required")));
        }
    }
    Ok(())
}

fn of<'a>(
    portal: &'a Portal,
    object_type: TypeId,
    settings: &'a Settings,
) -> impl Iterator<Item = &'a AdminRule> {
    settings.admin_rules.iter().filter(move |rule| portal.object_type(&rule.object) == Some(object_type))
}

fn value_after(view: Option<View<'_>>, values: &Values, name: &str) -> String {
    match values.iter().find(|(given, _)| given == name) {
        Some((_, value)) => value.clone(),
        None => view.and_then(|view| view.named(name)).unwrap_or_default().into_owned(),
    }
}

/// What the rule demands and is not there.
fn missing(rule: &AdminRule, value: impl Fn(&str) -> String) -> Vec<&str> {
    if rule.when.iter().any(|(name, wanted)| value(name) != *wanted) {
        return Vec::new();
    }
    rule.required.iter().map(|name| &**name).filter(|name| value(name).is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_decides_whether_anything_is_demanded() {
        let rule = AdminRule {
            when: [("dealstage".to_owned(), "closedlost".to_owned())].into(),
            required: vec!["closed_lost_reason".to_owned()],
            ..AdminRule::default()
        };
        let stage = |stage: &'static str| {
            move |name: &str| if name == "dealstage" { stage.to_owned() } else { String::new() }
        };
        assert_eq!(missing(&rule, stage("closedlost")), ["closed_lost_reason"]);
        assert!(missing(&rule, stage("closedwon")).is_empty());
    }
}
