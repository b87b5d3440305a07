//! The API's versions: a header that changes the shape of objects, never the URL (Notion facts 1).

use super::error::Failure;
use http::HeaderMap;

/// A version of the API, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// `2022-06-28`: databases hold the schema.
    Databases,
    /// `2025-09-03`: databases hold data sources, which hold the schema.
    DataSources,
    /// `2026-03-11`: `archived` is gone, `after` has become `position`.
    Trash,
}

impl Version {
    const ALL: [(&str, Self); 3] =
        [("2022-06-28", Self::Databases), ("2025-09-03", Self::DataSources), ("2026-03-11", Self::Trash)];

    /// The one `text` names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, version)| *version)
    }

    /// The one the request asks for.
    ///
    /// # Errors
    /// When it asks for none, or for one that does not exist.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(header) = headers.get("notion-version") else {
            return Err(Failure::new(
                400,
                "missing_version",
                "Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.",
            ));
        };
        let text = String::from_utf8_lossy(header.as_bytes());
        Self::parse(text.trim()).ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
            Failure::validation(format!(
                "Notion-Version header failed validation: Notion-Version header should be {}, instead was `\"{text}\"`.",
                known.join(" or ")
            ))
        })
    }

    /// Whether databases hold the schema themselves.
    pub(crate) fn is_old(self) -> bool {
        self == Self::Databases
    }
}
