//! What callers send about endpoints, read.

use crate::config::Span;
use crate::endpoints::{Change, NewEndpoint, NewSecret, Refused};
use crate::http::Problem;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::time::Duration;
use syncline_core::notify::lane::Rate;
use syncline_core::notify::schedule::Schedule;
use syncline_core::notify::secret::Scheme;
use syncline_core::secret::Secret;
use syncline_store::notify::endpoints::State;

/// `{"calls": 100, "per": "1s"}`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateBody {
    calls: u32,
    per: Span,
}

impl RateBody {
    fn rate(self) -> Result<Rate, Refused> {
        Rate::new(self.calls, self.per.get()).ok_or(Refused::Rate)
    }
}

/// `PATCH /v1/endpoints/{id}`. What is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChangeBody {
    url: Option<String>,
    description: Option<String>,
    event_types: Option<Vec<String>>,
    /// All headers, with their values.
    headers: Option<BTreeMap<String, String>>,
    /// `null`: as fast as it answers.
    #[serde(deserialize_with = "given")]
    rate: Option<Option<RateBody>>,
    ordered: Option<bool>,
    /// `null`: the usual schedule.
    #[serde(deserialize_with = "given")]
    schedule: Option<Option<Schedule>>,
    /// `enabled` or `disabled`.
    state: Option<String>,
}

/// Something that was given, be it null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(source).map(Some)
}

impl ChangeBody {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for a state or a rate that is none.
    pub fn wanted(self) -> Result<Change, Problem> {
        let Self { url, description, event_types, headers, rate, ordered, schedule, state } = self;
        let rate = rate.map(|rate| rate.map(RateBody::rate).transpose()).transpose()?;
        let state = state_of(state)?;
        Ok(Change { url, description, event_types, headers, rate, ordered, schedule, state })
    }
}

/// The state that goes by the name.
///
/// # Errors
/// 400 for a word that is none.
pub fn state_of(name: Option<String>) -> Result<Option<State>, Problem> {
    let say = "`state` is `enabled` or `disabled`.";
    let of = |name: String| State::named(&name).ok_or_else(|| Problem::bad_request("bad_state", say));
    name.filter(|name| !name.is_empty()).map(of).transpose()
}

/// `POST /v1/endpoints`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    /// Whose; with a key for all organizations, left out or null: it gets every organization's messages.
    pub org_id: Option<String>,
    url: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    event_types: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    rate: Option<RateBody>,
    #[serde(default)]
    ordered: bool,
    schedule: Option<Schedule>,
    /// Left out: it is enabled.
    state: Option<String>,
    scheme: Option<Scheme>,
    secret: Option<Secret>,
}

impl NewBody {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for a state, a rate or a secret that cannot be.
    pub fn wanted(self) -> Result<(NewEndpoint, NewSecret), Problem> {
        let rate = self.rate.map(RateBody::rate).transpose()?;
        let terms = Change {
            url: None,
            description: Some(self.description),
            event_types: Some(self.event_types),
            headers: Some(self.headers),
            rate: Some(rate),
            ordered: Some(self.ordered),
            schedule: Some(self.schedule),
            state: state_of(self.state)?,
        };
        let secret = secret_of(self.scheme, self.secret)?;
        Ok((NewEndpoint { org_id: self.org_id, url: self.url, terms }, secret))
    }
}

/// `POST /v1/endpoints/{id}/secrets`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RotateBody {
    /// Left out: `hmac`.
    scheme: Option<Scheme>,
    /// Left out: a new one is made.
    secret: Option<Secret>,
    /// How long the old secrets are used beside it; left out: `24h`.
    overlap: Option<String>,
}

impl RotateBody {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for an overlap or a secret that cannot be.
    pub fn wanted(self) -> Result<(NewSecret, Duration), Problem> {
        let overlap = match self.overlap {
            None => crate::endpoints::OVERLAP,
            Some(text) => Span::parse(&text).map(Span::get).ok_or(Refused::Overlap)?,
        };
        Ok((secret_of(self.scheme, self.secret)?, overlap))
    }
}

/// One that is made, or the one that was given.
fn secret_of(scheme: Option<Scheme>, given: Option<Secret>) -> Result<NewSecret, Problem> {
    match (scheme, given) {
        (Some(_), Some(_)) => {
            let say = "Give a `scheme` for a new secret, or a `secret` of your own: what it begins with says its scheme.";
            Err(Problem::bad_request("bad_body", say))
        }
        (_, Some(secret)) => Ok(NewSecret::Given(secret)),
        (scheme, None) => Ok(NewSecret::Generated(scheme.unwrap_or(Scheme::Hmac))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_tells_what_is_left_out_from_what_is_null() {
        let read = |text: &str| serde_json::from_str::<ChangeBody>(text).map(|body| body.wanted());
        let change = read("{}").unwrap().unwrap();
        assert_eq!((change.rate, change.schedule), (None, None));
        let change = read(r#"{"rate":null,"schedule":null}"#).unwrap().unwrap();
        assert_eq!((change.rate, change.schedule), (Some(None), Some(None)));
        let change = read(r#"{"rate":{"calls":10,"per":"1s"}}"#).unwrap().unwrap();
        assert_eq!(change.rate, Some(Rate::new(10, Duration::from_secs(1))));
        assert!(read(r#"{"org_id":"acme"}"#).is_err(), "an endpoint stays its organization's");
    }

    #[test]
    fn what_is_no_rate_no_state_and_no_overlap_is_refused_by_name() {
        let code = |text: &str| {
            let body: ChangeBody = serde_json::from_str(text).unwrap();
            body.wanted().unwrap_err().code
        };
        assert_eq!(code(r#"{"rate":{"calls":0,"per":"1s"}}"#), "bad_rate");
        assert_eq!(code(r#"{"rate":{"calls":1,"per":"0s"}}"#), "bad_rate");
        assert_eq!(code(r#"{"state":"paused"}"#), "bad_state");
        let overlap = |text: &str| RotateBody { overlap: Some(text.to_owned()), ..RotateBody::default() };
        assert_eq!(overlap("soon").wanted().unwrap_err().code, "bad_overlap");
        assert_eq!(overlap("0s").wanted().unwrap().1, Duration::ZERO);
        assert_eq!(RotateBody::default().wanted().unwrap().1, Duration::from_hours(24));
        let both = RotateBody {
            scheme: Some(Scheme::Hmac),
            secret: Some(Secret::new("whsec_x")),
            ..RotateBody::default()
        };
        assert_eq!(both.wanted().unwrap_err().code, "bad_body");
    }
}
