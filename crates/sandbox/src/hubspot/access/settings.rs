//! What HubSpot does not tell about codes, tokens and limits (HubSpot facts 12): settings, each with what it begins with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is only guessed about codes and tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OauthSettings {
    /// How long an access token is good, in seconds.
    pub(crate) expires_in: u32,
    /// How long an authorization code is good, in seconds.
    pub(crate) code_seconds: u32,
    /// How many characters an access token has: they grew from about 300 to about 512.
    pub(crate) access_token_length: usize,
    /// Whether a refresh hands out another refresh token and ends the one it was asked with.
    pub(crate) rotate_refresh_tokens: bool,
    /// Whether revoking a refresh token also ends the access tokens of the same grant.
    pub(crate) revoke_kills_access_tokens: bool,
    /// Whether uninstalling also ends access tokens that were not over yet.
    pub(crate) uninstall_kills_access_tokens: bool,
    /// How a refresh is refused once the app was uninstalled.
    pub(crate) after_uninstall: AfterUninstall,
    /// The status of `BAD_HUB`: 400 or 403.
    pub(crate) bad_hub_status: u16,
    /// Which keys the token endpoints' errors have.
    pub(crate) error_shape: ErrorShape,
    /// Other words, codes or statuses for the token endpoints' errors, by their `status`.
    pub(crate) errors: BTreeMap<String, ErrorWords>,
    /// Which of the two known bodies a 403 for missing scopes has.
    pub(crate) missing_scopes_shape: MissingScopesShape,
    /// Whether any `http` address of this machine may be a redirect URI, registered or not.
    pub(crate) any_loopback_redirect: bool,
    /// Redirect URIs every app has besides its own.
    pub(crate) redirect_uris: Vec<String>,
    /// Whether an app's optional scopes are refused in `scope`, and its other scopes in `optional_scope`.
    pub(crate) strict_scope_classes: bool,
    /// Scopes an account cannot grant, by its id.
    pub(crate) account_lacks_scopes: BTreeMap<String, Vec<String>>,
    /// Whether an authorize URL must have a code challenge.
    pub(crate) require_pkce: bool,
    /// How long an app's former secret is still good after it got another one, in seconds.
    pub(crate) old_secret_seconds: u32,
    /// The status with which the v1 and private-app endpoints say that they do not know a token.
    pub(crate) unknown_token_status: u16,
    /// When the v1 endpoints end; none: never.
    pub(crate) v1_until: Option<String>,
}

impl Default for OauthSettings {
    fn default() -> Self {
        Self {
            expires_in: 1800,
            code_seconds: 600,
            access_token_length: 512,
            rotate_refresh_tokens: false,
            revoke_kills_access_tokens: false,
            uninstall_kills_access_tokens: true,
            after_uninstall: AfterUninstall::default(),
            bad_hub_status: 400,
            error_shape: ErrorShape::default(),
            errors: BTreeMap::new(),
            missing_scopes_shape: MissingScopesShape::default(),
            any_loopback_redirect: true,
            redirect_uris: Vec::new(),
            strict_scope_classes: true,
            account_lacks_scopes: BTreeMap::new(),
            require_pkce: false,
            old_secret_seconds: 0,
            unknown_token_status: 404,
            v1_until: Some("2027-02-16T00:00:00Z".to_owned()),
        }
    }
}

/// How a refresh is refused once the app was uninstalled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterUninstall {
    /// `BAD_REFRESH_TOKEN`
    #[default]
    BadRefreshToken,
    /// `BAD_HUB`
    BadHub,
}

/// Which keys the token endpoints' errors have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ErrorShape {
    /// Those of RFC 6749 next to HubSpot's own, as since 2026-01-27.
    #[default]
    Both,
    /// HubSpot's own only.
    Older,
}

/// What to change about an error of the token endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ErrorWords {
    /// RFC 6749's `error`.
    pub(crate) error: Option<String>,
    /// The text.
    pub(crate) message: Option<String>,
    /// The HTTP status.
    pub(crate) http_status: Option<u16>,
}

/// Which of the two known bodies a 403 for missing scopes has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingScopesShape {
    /// The scopes in `errors[0].context`.
    #[default]
    Errors,
    /// The scopes in the top-level `context`.
    Context,
}

/// Rate limits (HubSpot facts 2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitSettings {
    /// Whether there are any.
    pub(crate) enabled: bool,
    /// How calls are counted.
    pub(crate) window: Window,
    /// What the accounts pay for.
    pub(crate) tier: Tier,
    /// What single accounts pay for, by their id.
    pub(crate) tiers: BTreeMap<String, Tier>,
    /// How many API limit increases the accounts bought: 0 to 2.
    pub(crate) limit_increases: u8,
    /// Calls in ten seconds for an app with OAuth, in each account.
    pub(crate) oauth_burst: u32,
    /// Calls in ten seconds for a private app, where the tier's number is not wanted.
    pub(crate) private_app_burst: Option<u32>,
    /// Calls a day for an account's private apps, where the tier's number is not wanted.
    pub(crate) daily: Option<u64>,
    /// Calls of the associations API in ten seconds, where the tier's number is not wanted.
    pub(crate) associations_burst: Option<u32>,
    /// Calls of the associations API a day, where the tier's number is not wanted.
    pub(crate) associations_daily: Option<u64>,
    /// Searches a second.
    pub(crate) search_per_second: u32,
    /// Whose searches are counted together.
    pub(crate) search_counted_per: SearchCountedPer,
    /// Calls a second of the token endpoints for an app.
    pub(crate) token_per_second: u32,
    /// Seconds a 429 tells in `Retry-After`; none: it does not.
    pub(crate) retry_after: Option<u64>,
    /// Whether answers carry the deprecated headers that count by the second.
    pub(crate) secondly_headers: bool,
    /// What `groupName` begins with for an app with OAuth.
    pub(crate) oauth_group: String,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            window: Window::default(),
            tier: Tier::default(),
            tiers: BTreeMap::new(),
            limit_increases: 0,
            oauth_burst: 110,
            private_app_burst: None,
            daily: None,
            associations_burst: None,
            associations_daily: None,
            search_per_second: 5,
            search_counted_per: SearchCountedPer::default(),
            token_per_second: 100,
            retry_after: None,
            secondly_headers: true,
            oauth_group: "publicapi:oauth-api-calls-ten-secondly".to_owned(),
        }
    }
}

/// How calls are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Window {
    /// Those of the last ten seconds, as the policy's name says.
    #[default]
    Rolling,
    /// From the first call on, then anew.
    Fixed,
}

/// Whose searches are counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SearchCountedPer {
    /// All of an account.
    #[default]
    Account,
    /// Those of an app in an account, as a text of 2025 has it.
    Token,
}

/// What an account pays for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tier {
    /// Nothing.
    Free,
    /// The least.
    Starter,
    /// More.
    #[default]
    Professional,
    /// The most.
    Enterprise,
}

impl LimitSettings {
    /// What this account pays for.
    pub(crate) fn tier_of(&self, portal: u64) -> Tier {
        if self.tiers.is_empty() {
            return self.tier;
        }
        self.tiers.get(&portal.to_string()).copied().unwrap_or(self.tier)
    }

    /// Calls in ten seconds for a private app of this account.
    pub(crate) fn private_app_burst(&self, portal: u64) -> u32 {
        self.private_app_burst.unwrap_or(match self.tier_of(portal) {
            _ if self.limit_increases > 0 => 250,
            Tier::Free | Tier::Starter => 100,
            Tier::Professional | Tier::Enterprise => 190,
        })
    }

    /// Calls a day for this account's private apps.
    pub(crate) fn daily(&self, portal: u64) -> u64 {
        let base = match self.tier_of(portal) {
            Tier::Free | Tier::Starter => 250_000,
            Tier::Professional => 625_000,
            Tier::Enterprise => 1_000_000,
        };
        self.daily.unwrap_or(base + u64::from(self.limit_increases.min(2)) * 1_000_000)
    }

    /// Calls of the associations API in ten seconds for an app in this account.
    pub(crate) fn associations_burst(&self, portal: u64) -> u32 {
        self.associations_burst.unwrap_or(match self.tier_of(portal) {
            _ if self.limit_increases > 0 => 200,
            Tier::Free | Tier::Starter => 100,
            Tier::Professional | Tier::Enterprise => 150,
        })
    }

    /// Calls of the associations API a day in an account.
    pub(crate) fn associations_daily(&self) -> u64 {
        self.associations_daily.unwrap_or(if self.limit_increases > 0 { 1_000_000 } else { 500_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_what_the_account_pays_for() {
        let of = |tier, limit_increases| {
            let limits = LimitSettings { tier, limit_increases, ..LimitSettings::default() };
            (
                limits.private_app_burst(1),
                limits.daily(1),
                limits.associations_burst(1),
                limits.associations_daily(),
            )
        };
        assert_eq!(of(Tier::Free, 0), (100, 250_000, 100, 500_000));
        assert_eq!(of(Tier::Starter, 0), (100, 250_000, 100, 500_000));
        assert_eq!(of(Tier::Professional, 0), (190, 625_000, 150, 500_000));
        assert_eq!(of(Tier::Enterprise, 0), (190, 1_000_000, 150, 500_000));
        assert_eq!(of(Tier::Professional, 1), (250, 1_625_000, 200, 1_000_000));
        assert_eq!(of(Tier::Enterprise, 3), (250, 3_000_000, 200, 1_000_000));
    }

    #[test]
    fn one_account_may_pay_for_something_else() {
        let limits = LimitSettings {
            tiers: BTreeMap::from([("77421".to_owned(), Tier::Free)]),
            ..LimitSettings::default()
        };
        assert_eq!((limits.private_app_burst(77_421), limits.private_app_burst(62_515)), (100, 190));
    }
}
