//! Which definition is meant: by its id, or by its name.

use super::ask_of;
use crate::cli::out;
use crate::cli::remote::{Remote, Target, segment};
use crate::cli::rows::rows;
use crate::cli::settings::Flags;
use anyhow::{Result, bail};
use clap::Args;
use reqwest::Method;
use serde_json::Value;
use std::process::ExitCode;

/// Which definition.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    pub(super) target: Target,
    /// The definition's name, or its id, ctr_…
    pub(super) counter: String,
}

impl One {
    pub(super) fn turn(&self, settings: &Flags, how: &str, say: &str) -> Result<ExitCode> {
        ask_of(settings, self, Method::POST, &format!("/{how}"), None, |_| out::line(say))
    }

    pub(super) fn delete(&self, settings: &Flags) -> Result<ExitCode> {
        let say = "deleted; the properties at HubSpot stay as they are";
        ask_of(settings, self, Method::DELETE, "", None, |_| out::line(say))
    }
}

/// Where a definition is in the API.
///
/// # Errors
/// When there is none of that name, or several of different organizations.
pub(super) async fn find(hub: &Remote, counter: &str) -> Result<String> {
    if is_id(counter) {
        return Ok(format!("/v1/counters/{}", segment(counter)));
    }
    let all = rows(hub, "/v1/counters", &[], usize::MAX).await?;
    let named: Vec<&Value> = all.iter().filter(|one| one["name"] == counter).collect();
    match named.as_slice() {
        [one] => Ok(format!("/v1/counters/{}", segment(one["id"].as_str().unwrap_or_default()))),
        [] => bail!("there is no counter named {}: `syncline counters list` shows them", out::plain(counter)),
        several => {
            bail!("several organizations have a counter named {}: {}", out::plain(counter), ids(several))
        }
    }
}

fn ids(definitions: &[&Value]) -> String {
    let one = |it: &&Value| {
        let part = |name: &str| out::plain(it[name].as_str().unwrap_or_default());
        format!("{} of {}", part("id"), part("org_id"))
    };
    definitions.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Whether a text is an id; a name has no capitals.
fn is_id(text: &str) -> bool {
    text.strip_prefix("ctr_").is_some_and(|rest| rest.chars().any(|c| c.is_ascii_uppercase()))
}

/// Where a key of a definition is, behind the definition.
pub(super) fn value(key: &str) -> String {
    format!("/values/{}", segment(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_told_from_a_name() {
        assert!(is_id("ctr_06ABCDEF0123456789GHJKMNPQ"));
        assert!(!is_id("exam-bookings") && !is_id("ctr_bookings"));
        assert_eq!(value("a/b"), "/values/a%2Fb");
    }
}
