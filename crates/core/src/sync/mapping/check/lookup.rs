//! What was probably meant by a name that there is not.

use super::super::super::schema::Schema;

/// The properties that setting up a HubSpot account makes begin so (10to8 facts 8).
const MADE_BY_SETUP: &str = "tte_customer_";

/// What to say about a field that is not there.
pub(super) fn unknown(schema: &Schema, object_type: &str, name: &str) -> String {
    if name.trim().is_empty() {
        return "a field needs a name".to_owned();
    }
    if name.starts_with(MADE_BY_SETUP) {
        return format!(
            "{object_type} has no field `{name}` yet: setting the account up makes it (`syncline setup`)"
        );
    }
    if schema.open {
        let custom = format!("custom_fields.{name}");
        let near = nearest(schema.fields.keys().map(String::as_str), name);
        let meant = near.unwrap_or(&custom);
        return format!("{object_type} has no field `{name}`; did you mean `{meant}`?");
    }
    let titled =
        schema.fields.iter().find(|(_, field)| field.title.to_lowercase() == name.trim().to_lowercase());
    let hint = match titled {
        Some((name, _)) => format!("; did you mean `{name}`?"),
        None => hint(schema.fields.keys().map(String::as_str), name),
    };
    format!("{object_type} has no field `{name}`{hint}")
}

/// `; did you mean …?`, or nothing.
pub(super) fn hint<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> String {
    nearest(names, name).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// The name that is nearest, if any is near enough to be meant.
fn nearest<'a>(names: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(name);
    let slips = |candidate: &str| strsim::damerau_levenshtein(&wanted, &plain(candidate));
    names
        .map(|candidate| (slips(candidate), candidate))
        .filter(|(slips, candidate)| *slips <= (candidate.len() / 4).clamp(1, 3))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}
