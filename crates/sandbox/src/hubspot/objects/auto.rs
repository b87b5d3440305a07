//! Companies made from the domains of contacts' addresses: a setting of the account (HubSpot facts 3.2).

use super::super::Hubspot;
use super::super::associations;
use super::super::change::{Change, Source, What};
use super::super::error::ApiError;
use super::super::state::Portal;
use super::super::types::TypeId;
use super::settings::Settings;
use super::write::{self, By};
use serde_json::{Map, json};

/// Domains that say nothing about where somebody works.
const FREE: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "proton.me",
    "protonmail.com",
];

/// The contacts that were given an address.
pub(super) fn addressed(settings: &Settings, changes: &[Change]) -> Vec<u64> {
    if !settings.auto_company.enabled {
        return Vec::new();
    }
    let given = changes.iter().filter_map(|change| match &change.what {
        What::Property { object_type: TypeId::CONTACT, id, name, value, .. }
            if name == "email" && !value.is_empty() =>
        {
            Some(*id)
        }
        _ => None,
    });
    given.collect()
}

/// Sees to their companies when it is time.
pub(super) fn later(hubspot: &Hubspot, portal: u64, contacts: Vec<u64>, settings: &Settings) {
    let Some(me) = hubspot.me().filter(|_| !contacts.is_empty()) else { return };
    let due = hubspot.house.now() + settings.auto_company.after_ms;
    hubspot.house.schedule.at(due, async move {
        let source = Source { kind: "CRM", id: "AutoAssociateCompany".to_owned(), user: None, app: None };
        let by = By { at: me.house.now(), source };
        for contact in contacts {
            // Whoever wrote the contact has had an answer long since: there is nobody to tell of a refusal.
            let _ = me.write(portal, |account| Ok(((), associate(account, contact, &by)?)));
        }
    });
}

fn associate(portal: &mut Portal, contact: u64, by: &By) -> Result<Vec<Change>, ApiError> {
    let email = portal.objects.live(TypeId::CONTACT, contact).and_then(|view| view.named("email"));
    let Some(domain) = email.as_deref().and_then(domain) else { return Ok(Vec::new()) };
    let known = portal.objects.of(TypeId::COMPANY).and_then(|companies| {
        let column = companies.column("domain");
        companies.live().find(|view| view.value(column).as_deref() == Some(&*domain)).map(|view| view.id)
    });
    let (company, mut changes) = match known {
        Some(company) => (company, Vec::new()),
        None => {
            let properties =
                Map::from_iter([("domain".to_owned(), json!(domain)), ("name".to_owned(), json!(domain))]);
            write::create(portal, TypeId::COMPANY, &properties, by)?
        }
    };
    let (from, to) = ((TypeId::CONTACT, contact), (TypeId::COMPANY, company));
    changes.extend(associations::link(portal, from, to, &[], by)?);
    Ok(changes)
}

/// The domain of somebody's work.
fn domain(email: &str) -> Option<String> {
    let domain = email.rsplit_once('@')?.1.trim().to_lowercase();
    (!domain.is_empty() && !FREE.contains(&&*domain)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_domain_of_work_makes_a_company() {
        assert_eq!(domain("Ada@Example.COM").as_deref(), Some("example.com"));
        assert_eq!((domain("ada@gmail.com"), domain("ada")), (None, None));
    }
}
