//! What an authorization asks for where the configuration does not say.

/// Scopes that must be granted (HubSpot facts 1.6, Airtable facts 2). Notion has none.
pub(super) fn required(provider: &str) -> &'static [&'static str] {
    match provider {
        "hubspot" => &["oauth"],
        "airtable" => &["data.records:read", "data.records:write", "schema.bases:read", "webhook:manage"],
        _ => &[],
    }
}

/// Scopes that may be granted: an account that lacks one connects all the same (HubSpot facts 1.6).
pub(super) fn optional(provider: &str) -> &'static [&'static str] {
    match provider {
        "hubspot" => &[
            "crm.objects.contacts.read",
            "crm.objects.contacts.write",
            "crm.objects.companies.read",
            "crm.objects.companies.write",
            "crm.objects.deals.read",
            "crm.objects.deals.write",
            "crm.schemas.contacts.read",
            "crm.schemas.contacts.write",
            "crm.schemas.companies.read",
            "crm.schemas.companies.write",
            "crm.schemas.deals.read",
            "crm.schemas.deals.write",
        ],
        _ => &[],
    }
}
