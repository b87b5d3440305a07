//! Which limits a path counts against, the headers that tell what is left, and the 429 (HubSpot facts 2).

use super::limits::{Left, Reached, TEN_SECONDS};
use super::settings::LimitSettings;
use crate::house::json;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Serialize;

/// What a call counts against, besides the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The app's burst limit.
    pub(crate) burst: bool,
    /// Search.
    pub(crate) search: bool,
    /// The associations API's own limits.
    pub(crate) associations: bool,
}

/// What a call of this path counts against. The specs exempt searches, all of v3 associations, and whatever of the later
/// associations APIs is not about one record, from the burst limit.
pub(crate) fn charge(method: &Method, path: &str) -> Charge {
    let ordinary = Charge { burst: true, search: false, associations: false };
    let mut segments = path.split('/').skip(1);
    if segments.next() != Some("crm") {
        return ordinary;
    }
    let (first, second) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    match (first, second) {
        ("v3", "associations") => Charge { burst: false, search: false, associations: false },
        ("v4", "associations") | ("associations", _) => {
            Charge { burst: false, search: false, associations: true }
        }
        ("v3" | "v4", "objects") | ("objects", _) => {
            let rest: Vec<&str> = segments.collect();
            let search = *method == Method::POST && rest.last() == Some(&"search");
            let associations = first != "v3" && rest.get(2) == Some(&"associations");
            Charge { burst: !search, search, associations }
        }
        _ => ordinary,
    }
}

/// Writes what is left into an answer's headers.
pub(crate) fn tell(left: &Left, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: u64| {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    };
    if let Some((limit, remaining)) = left.burst {
        put("x-hubspot-ratelimit-max", limit.into());
        put("x-hubspot-ratelimit-remaining", remaining.into());
        put("x-hubspot-ratelimit-interval-milliseconds", TEN_SECONDS.unsigned_abs());
    }
    if let Some((limit, remaining)) = left.secondly {
        put("x-hubspot-ratelimit-secondly", limit.into());
        put("x-hubspot-ratelimit-secondly-remaining", remaining.into());
    }
    if let Some((limit, remaining)) = left.daily {
        put("x-hubspot-ratelimit-daily", limit);
        put("x-hubspot-ratelimit-daily-remaining", remaining);
    }
}

/// The body of a 429, in the order HubSpot writes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status: &'static str,
    message: &'static str,
    error_type: &'static str,
    correlation_id: &'a str,
    policy_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// A 429.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TooMany {
    /// Calls of an account's API.
    Calls {
        /// Which limit is reached.
        reached: Reached,
        /// The app.
        app: u64,
        /// The account.
        portal: u64,
        /// Whether it is a private app.
        is_static: bool,
    },
    /// Calls of the token endpoints.
    Tokens,
}

impl TooMany {
    /// The answer.
    pub(crate) fn answer(
        self,
        settings: &LimitSettings,
        retry_after: Option<u64>,
        correlation_id: &str,
    ) -> Response {
        let (message, policy_name) = match self {
            Self::Calls { reached: Reached::TenSecondly, .. } => {
                ("You have reached your ten_secondly_rolling limit.", "TEN_SECONDLY_ROLLING")
            }
            Self::Calls { reached: Reached::Search, .. } => {
                ("You have reached your secondly limit.", "SECONDLY")
            }
            Self::Calls { reached: Reached::Daily, .. } => ("You have reached your daily limit.", "DAILY"),
            Self::Tokens => ("You have reached your rate limit.", "SECONDLY"),
        };
        let daily = matches!(self, Self::Calls { reached: Reached::Daily, .. });
        let body = Body {
            status: "error",
            message,
            error_type: "RATE_LIMIT",
            correlation_id,
            policy_name,
            group_name: self.group_name(settings),
            request_id: daily.then(|| correlation_id.replace('-', "")),
        };
        let mut response = json::answer(StatusCode::TOO_MANY_REQUESTS, &body);
        if let Some(seconds) = retry_after.or(settings.retry_after) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn group_name(self, settings: &LimitSettings) -> Option<String> {
        let Self::Calls { reached, app, portal, is_static } = self else { return None };
        let whose = format!("{app}:{portal}");
        match (reached, is_static) {
            (Reached::TenSecondly, true) => {
                Some(format!("publicapi:private_app-api-calls-ten-secondly:{whose}"))
            }
            (Reached::TenSecondly, false) => Some(format!("{}:{whose}", settings.oauth_group)),
            (Reached::Search, true) => Some(format!("publicapi:crm:search:private_app:{whose}")),
            (Reached::Search, false) => Some(format!("publicapi:crm:search:oauth:{whose}")),
            (Reached::Daily, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, path: &str) -> (bool, bool, bool) {
        let Charge { burst, search, associations } = charge(method, path);
        (burst, search, associations)
    }

    #[test]
    fn each_path_counts_where_it_should() {
        let (get, post) = (&Method::GET, &Method::POST);
        assert_eq!(of(get, "/crm/v3/objects/contacts"), (true, false, false));
        assert_eq!(of(post, "/crm/v3/objects/contacts/search"), (false, true, false));
        assert_eq!(of(post, "/crm/objects/2026-03/0-1/search"), (false, true, false));
        assert_eq!(of(get, "/crm/v3/objects/contacts/search"), (true, false, false));
        assert_eq!(of(post, "/crm/v3/associations/contacts/companies/batch/read"), (false, false, false));
        assert_eq!(of(post, "/crm/v4/associations/0-1/0-2/batch/create"), (false, false, true));
        assert_eq!(of(get, "/crm/associations/2026-09/0-1/0-2/labels"), (false, false, true));
        assert_eq!(of(get, "/crm/v4/objects/contacts/1/associations/companies"), (true, false, true));
        assert_eq!(of(get, "/crm/objects/2026-03/contacts/1/associations/companies"), (true, false, true));
        assert_eq!(of(get, "/crm/v3/objects/contacts/1/associations/companies"), (true, false, false));
        assert_eq!(of(get, "/account-info/v3/details"), (true, false, false));
    }

    #[test]
    fn the_body_has_hubspots_keys_in_hubspots_order() {
        let body = Body {
            status: "error",
            message: "You have reached your ten_secondly_rolling limit.",
            error_type: "RATE_LIMIT",
            correlation_id: "c",
            policy_name: "TEN_SECONDLY_ROLLING",
            group_name: Some("publicapi:private_app-api-calls-ten-secondly:1:2".to_owned()),
            request_id: None,
        };
        assert_eq!(
            serde_json::to_string(&body).expect("JSON"),
            r#"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","correlationId":"c","policyName":"TEN_SECONDLY_ROLLING","groupName":"publicapi:private_app-api-calls-ten-secondly:1:2"}"#
        );
    }
}
