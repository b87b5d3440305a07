//! Object types: their ids, and the names a path may use (HubSpot facts 3).

use std::fmt;

/// An object type's id: `0-1` for contacts, `2-n` for an account's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TypeId {
    /// 0 for HubSpot's own, 2 for an account's.
    pub(crate) space: u32,
    /// The number behind the dash.
    pub(crate) number: u64,
}

impl TypeId {
    pub(crate) const CONTACT: Self = Self { space: 0, number: 1 };
    pub(crate) const COMPANY: Self = Self { space: 0, number: 2 };
    pub(crate) const DEAL: Self = Self { space: 0, number: 3 };
    pub(crate) const TICKET: Self = Self { space: 0, number: 5 };

    /// Reads `0-1` or `2-50158913`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (space, number) = text.split_once('-')?;
        Some(Self { space: space.parse().ok()?, number: number.parse().ok()? })
    }

    /// HubSpot's own type with this name, singular or plural, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        STANDARD.iter().find(|(_, singular, plural)| *singular == name || *plural == name).map(|(id, ..)| *id)
    }

    /// `contact`; none for an account's own types.
    pub(crate) fn singular(self) -> Option<&'static str> {
        STANDARD.iter().find(|(id, ..)| *id == self).map(|(_, singular, _)| *singular)
    }

    /// `contacts`; none for an account's own types.
    pub(crate) fn plural(self) -> Option<&'static str> {
        STANDARD.iter().find(|(id, ..)| *id == self).map(|(.., plural)| *plural)
    }
}

impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.space, self.number)
    }
}

const fn standard(number: u64) -> TypeId {
    TypeId { space: 0, number }
}

/// HubSpot's own types: id, singular, plural.
const STANDARD: &[(TypeId, &str, &str)] = &[
    (TypeId::CONTACT, "contact", "contacts"),
    (TypeId::COMPANY, "company", "companies"),
    (TypeId::DEAL, "deal", "deals"),
    (TypeId::TICKET, "ticket", "tickets"),
    (standard(7), "product", "products"),
    (standard(8), "line_item", "line_items"),
    (standard(27), "task", "tasks"),
    (standard(46), "note", "notes"),
    (standard(47), "meeting", "meetings"),
    (standard(48), "call", "calls"),
    (standard(49), "email", "emails"),
    (standard(115), "user", "users"),
    (standard(136), "lead", "leads"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_goes_by_its_id_and_its_names() {
        assert_eq!(TypeId::parse("0-1"), Some(TypeId::CONTACT));
        assert_eq!(TypeId::named("Contacts"), Some(TypeId::CONTACT));
        assert_eq!(TypeId::named("company"), Some(TypeId::COMPANY));
        assert_eq!(TypeId::parse("2-50158913").map(|id| id.to_string()).as_deref(), Some("2-50158913"));
        assert_eq!((TypeId::named("butterflies"), TypeId::parse("contacts")), (None, None));
    }
}
