//! What a token may do.

use std::fmt;

/// The basic scopes, and what the consent page says about them. Enterprise scopes cannot be requested by default.
const ALL: [(&str, &str); 9] = [
    ("data.records:read", "See the data in records"),
    ("data.records:write", "Create, edit, and delete records"),
    ("data.recordComments:read", "See comments in records"),
    ("data.recordComments:write", "Create, edit, and delete comments in records"),
    ("schema.bases:read", "See the structure of a base, like table names or field types"),
    ("schema.bases:write", "Edit the structure of a base, like adding new fields or tables"),
    ("webhook:manage", "View, create, and delete webhooks for a base"),
    ("block:manage", "Create and manage custom extensions"),
    ("user.email:read", "See your email address"),
];

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::airtable) enum Scope {
    ReadRecords,
    WriteRecords,
    ReadComments,
    WriteComments,
    ReadSchema,
    WriteSchema,
    ManageWebhooks,
    // No endpoint here asks for block:manage, number 7.
    ReadEmail = 8,
}

/// Some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::airtable) struct Scopes(u16);

impl Scopes {
    /// All basic ones.
    pub(in crate::airtable) fn all() -> Self {
        Self((1 << ALL.len()) - 1)
    }

    /// Reads what `scope=` carries.
    ///
    /// # Errors
    /// When there is none, one comes twice, or one does not exist: the reason.
    pub(in crate::airtable) fn parse(text: &str) -> Result<Self, String> {
        let mut scopes = 0;
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            let Some(index) = ALL.iter().position(|(known, _)| *known == name) else {
                return Err(format!("The scope {name} is not valid for this integration"));
            };
            if scopes & (1 << index) != 0 {
                return Err(format!("The scope {name} is given twice"));
            }
            scopes |= 1 << index;
        }
        if scopes == 0 { Err("At least one scope must be given".to_owned()) } else { Ok(Self(scopes)) }
    }

    /// Whether this one is among them.
    pub(in crate::airtable) fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether all of these are among `others`.
    pub(in crate::airtable) fn within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    fn each(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ALL.into_iter()
            .enumerate()
            .filter(move |(index, _)| self.0 & (1 << index) != 0)
            .map(|(_, scope)| scope)
    }

    /// Their names.
    pub(in crate::airtable) fn names(self) -> Vec<&'static str> {
        self.each().map(|(name, _)| name).collect()
    }

    /// In words.
    pub(in crate::airtable) fn descriptions(self) -> Vec<&'static str> {
        self.each().map(|(_, words)| words).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_separated_by_spaces_known_and_never_given_twice() {
        let scopes = Scopes::parse("data.records:read user.email:read").expect("known");
        assert!(
            scopes.has(Scope::ReadRecords)
                && scopes.has(Scope::ReadEmail)
                && !scopes.has(Scope::WriteRecords)
        );
        assert_eq!(scopes.to_string(), "data.records:read user.email:read");
        assert!(scopes.within(Scopes::all()) && !Scopes::all().within(scopes));
        for wrong in
            ["", " ", "data.records:read data.records:read", "enterprise.account:read", "data.records:read,x"]
        {
            assert!(Scopes::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
