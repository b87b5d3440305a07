//! Settings of the demo's hub as types.

use super::model::none_when_empty;
use super::urls::BaseUrl;
use serde::Deserialize;
use syncline_core::secret::Secret;

/// `[demo]`: set by `syncline demo` for the hub that it starts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Where the director listens; nothing when there is none.
    #[serde(deserialize_with = "none_when_empty")]
    pub director: Option<BaseUrl>,
    /// What the director and the page prove themselves with, and what signs a visitor in.
    #[serde(deserialize_with = "none_when_empty")]
    pub token: Option<Secret>,
}

impl Demo {
    /// The director and the token, where this hub runs below a demo: both are set, and the director is on this machine.
    #[must_use]
    pub fn behind(&self) -> Option<(&BaseUrl, &Secret)> {
        let director = self.director.as_ref().filter(|url| url.is_loopback())?;
        Some((director, self.token.as_ref()?))
    }
}
