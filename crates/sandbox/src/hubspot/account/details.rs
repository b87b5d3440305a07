//! `GET /account-info/{version}/details` (HubSpot facts 8.3) and what its private apps called today (facts 2).

use crate::house::clock::iso;
use crate::house::json;
use crate::hubspot::Hubspot;
use crate::hubspot::access::{self, Caller};
use crate::hubspot::error::ApiError;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET …/details`
pub(super) async fn details(
    State(hubspot): State<Arc<Hubspot>>,
    caller: Caller,
) -> Result<Response, ApiError> {
    let now = hubspot.house.now();
    let details = hubspot.read(caller.portal, |portal| {
        let offset = offset(now, portal.time_zone);
        Ok(json!({
            "portalId": portal.id, "accountType": portal.account_type, "timeZone": portal.time_zone,
            "companyCurrency": portal.currency, "additionalCurrencies": [],
            "utcOffset": written(offset), "utcOffsetMilliseconds": i64::from(offset) * 1000,
            "uiDomain": ui_domain(portal.hublet), "dataHostingLocation": portal.hublet,
        }))
    })?;
    Ok(json::answer(StatusCode::OK, &details))
}

/// Seconds east of Greenwich.
fn offset(now: i64, time_zone: &str) -> i32 {
    let here = jiff::Timestamp::from_millisecond(now).ok().and_then(|now| now.in_tz(time_zone).ok());
    here.map_or(0, |here| here.offset().seconds())
}

/// `+01:00`
fn written(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `app.hubspot.com`; elsewhere the hublet is part of it.
fn ui_domain(hublet: &str) -> String {
    if hublet == "na1" { "app.hubspot.com".to_owned() } else { format!("app-{hublet}.hubspot.com") }
}

/// `GET …/api-usage/daily/private-apps`
pub(super) async fn usage(State(hubspot): State<Arc<Hubspot>>, caller: Caller) -> Result<Response, ApiError> {
    let now = hubspot.house.now();
    let time_zone = hubspot.read(caller.portal, |portal| Ok(portal.time_zone))?;
    let (_, resets_at) = access::day(now, time_zone);
    let row: Value = json!({
        "name": "private-apps-api-calls-daily",
        "usageLimit": hubspot.settings.get().limits.daily(caller.portal),
        "currentUsage": hubspot.access.calls_today(caller.portal, time_zone, now),
        "collectedAt": iso(now), "fetchStatus": "SUCCESS", "resetsAt": iso(resets_at),
    });
    Ok(json::answer(StatusCode::OK, &json!({ "results": [row] })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_written_with_their_sign() {
        assert_eq!(written(0), "+00:00");
        assert_eq!(written(19_800), "+05:30");
        assert_eq!(written(-16_200), "-04:30");
        // Berlin in January and in July 2026.
        assert_eq!(offset(1_767_225_600_000, "Europe/Berlin"), 3600);
        assert_eq!(offset(1_783_000_000_000, "Europe/Berlin"), 7200);
    }

    #[test]
    fn only_the_first_hublet_has_the_plain_domain() {
        assert_eq!(
            (ui_domain("na1"), ui_domain("eu1")),
            ("app.hubspot.com".to_owned(), "app-eu1.hubspot.com".to_owned())
        );
    }
}
