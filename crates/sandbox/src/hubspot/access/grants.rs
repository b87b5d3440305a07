//! Codes, tokens and installs: who was granted what, and until when. Every decision here is a function of what is kept, what
//! is asked, and the moment; nothing here knows HTTP.

use super::oauth_error::Bad;
use super::pkce::Challenge;
use super::settings::{AfterUninstall, OauthSettings};
use crate::house::Dice;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A day: how long an expired access token is still known as such.
const DAY: i64 = 86_400_000;

/// What a user of an account granted an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The app.
    pub(crate) app: u64,
    /// The account.
    pub(crate) portal: u64,
    /// Where the account lives: `na1`.
    pub(crate) hublet: &'static str,
    /// Who granted it.
    pub(crate) user: u64,
    /// What.
    pub(crate) scopes: Arc<[String]>,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// What it stands for.
    pub(crate) grant: Arc<Grant>,
    /// Where it was sent to.
    pub(crate) redirect_uri: String,
    /// What must be shown to redeem it.
    pub(crate) challenge: Option<Challenge>,
    /// Simulated milliseconds since 1970.
    pub(crate) expires_at: i64,
}

/// What is shown to redeem a code.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Redemption<'a> {
    pub(crate) app: u64,
    pub(crate) code: Option<&'a str>,
    pub(crate) redirect_uri: Option<&'a str>,
    pub(crate) verifier: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Alive,
    Revoked,
    Uninstalled,
}

#[derive(Debug)]
struct Refresh {
    grant: Arc<Grant>,
    life: Life,
}

/// Whose an access token is.
#[derive(Debug, Clone)]
pub(crate) enum Whose {
    /// An app's, in an account.
    Granted(Arc<Grant>),
    /// An app's own, for what belongs to no account (`client_credentials`).
    App {
        /// The app.
        app: u64,
        /// What it asked for.
        scopes: Arc<[String]>,
    },
}

/// An access token.
#[derive(Debug, Clone)]
pub(crate) struct AccessToken {
    /// Whose.
    pub(crate) whose: Whose,
    /// Simulated milliseconds since 1970.
    pub(crate) expires_at: i64,
}

/// An app in an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Install {
    /// Its number.
    pub(crate) id: u64,
    /// Who installed it last.
    pub(crate) user: u64,
    /// What was granted last.
    pub(crate) scopes: Arc<[String]>,
    /// When it was installed first, simulated milliseconds since 1970.
    pub(crate) at: i64,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Grants {
    codes: HashMap<String, Code>,
    refresh_tokens: HashMap<String, Refresh>,
    access_tokens: HashMap<String, AccessToken>,
    installs: BTreeMap<(u64, u64), Install>,
    /// Former client secrets by app, and until when they are good.
    old_secrets: BTreeMap<u64, (String, i64)>,
    /// Accounts on their way to another data centre, and until when.
    moving: BTreeMap<u64, i64>,
    last_install: u64,
    dice: Dice,
}

impl Grants {
    /// With nothing granted.
    pub(crate) fn new(dice: Dice) -> Self {
        Self {
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            access_tokens: HashMap::new(),
            installs: BTreeMap::new(),
            old_secrets: BTreeMap::new(),
            moving: BTreeMap::new(),
            last_install: 9_000_000,
            dice,
        }
    }

    /// The dice tokens come from.
    pub(crate) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Hands out a code: `na1-xxxx-…`.
    pub(crate) fn hand_out(&mut self, code: Code, now: i64) -> String {
        self.codes.retain(|_, code| now < code.expires_at);
        let text = format!("{}-{}-{}", code.grant.hublet, self.dice.hex(4), self.dice.uuid());
        self.codes.insert(text.clone(), code);
        text
    }

    /// Takes a code for what it stands for. It is good once; a redemption that does not fit leaves it as it is.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn redeem(&mut self, shown: &Redemption<'_>, now: i64) -> Result<Arc<Grant>, Bad> {
        let text = shown.code.ok_or(Bad::AuthCode)?;
        let code = self
            .codes
            .get(text)
            .filter(|code| now < code.expires_at && code.grant.app == shown.app)
            .ok_or(Bad::AuthCode)?;
        if shown.redirect_uri != Some(&code.redirect_uri) {
            return Err(Bad::RedirectUri);
        }
        if code.challenge.as_ref().is_some_and(|challenge| !challenge.is_met_by(shown.verifier)) {
            return Err(Bad::CodeVerifier);
        }
        let grant = Arc::clone(&code.grant);
        self.codes.remove(text);
        Ok(grant)
    }

    /// Notes that an app is in an account; true when it was not before.
    pub(crate) fn install(&mut self, grant: &Grant, now: i64) -> bool {
        let place = (grant.app, grant.portal);
        let before = self.installs.get(&place).map(|install| (install.id, install.at));
        let (id, at) = before.unwrap_or_else(|| {
            self.last_install += 1;
            (self.last_install, now)
        });
        self.installs.insert(place, Install { id, user: grant.user, scopes: Arc::clone(&grant.scopes), at });
        before.is_none()
    }

    /// An app in an account.
    pub(crate) fn installed(&self, app: u64, portal: u64) -> Option<&Install> {
        self.installs.get(&(app, portal))
    }

    /// All installs, by app and account.
    pub(crate) fn installs(&self) -> impl Iterator<Item = (u64, u64, &Install)> {
        self.installs.iter().map(|((app, portal), install)| (*app, *portal, install))
    }

    /// Takes an app out of an account; false when it was not there.
    pub(crate) fn uninstall(&mut self, app: u64, portal: u64, settings: &OauthSettings) -> bool {
        if self.installs.remove(&(app, portal)).is_none() {
            return false;
        }
        let mine = |grant: &Grant| grant.app == app && grant.portal == portal;
        self.codes.retain(|_, code| !mine(&code.grant));
        for refresh in self.refresh_tokens.values_mut().filter(|refresh| mine(&refresh.grant)) {
            if refresh.life == Life::Alive {
                refresh.life = Life::Uninstalled;
            }
        }
        if settings.uninstall_kills_access_tokens {
            self.access_tokens.retain(|_, token| token.grant().is_none_or(|grant| !mine(grant)));
        }
        true
    }

    /// A refresh token for a grant: `na1-…`.
    pub(crate) fn refresh_token(&mut self, grant: &Arc<Grant>) -> String {
        let text = format!("{}-{}", grant.hublet, self.dice.uuid());
        self.refresh_tokens.insert(text.clone(), Refresh { grant: Arc::clone(grant), life: Life::Alive });
        text
    }

    /// What a refresh token stands for.
    ///
    /// # Errors
    /// When it is unknown, another app's, or dead.
    pub(crate) fn refreshed(
        &self,
        token: Option<&str>,
        app: u64,
        settings: &OauthSettings,
    ) -> Result<Arc<Grant>, Bad> {
        let refresh = token
            .and_then(|token| self.refresh_tokens.get(token))
            .filter(|refresh| refresh.grant.app == app)
            .ok_or(Bad::RefreshToken)?;
        match refresh.life {
            Life::Alive => Ok(Arc::clone(&refresh.grant)),
            Life::Uninstalled if settings.after_uninstall == AfterUninstall::BadHub => Err(Bad::Hub),
            Life::Revoked | Life::Uninstalled => Err(Bad::RefreshToken),
        }
    }

    /// What a refresh token that is alive stands for.
    pub(crate) fn alive(&self, token: &str) -> Option<&Arc<Grant>> {
        let refresh = self.refresh_tokens.get(token)?;
        (refresh.life == Life::Alive).then_some(&refresh.grant)
    }

    /// Ends a refresh token; false when there is none that is alive.
    pub(crate) fn revoke_refresh_token(&mut self, token: &str, and_access_tokens: bool) -> bool {
        let Some(refresh) = self.refresh_tokens.get_mut(token).filter(|refresh| refresh.life == Life::Alive)
        else {
            return false;
        };
        refresh.life = Life::Revoked;
        let grant = Arc::clone(&refresh.grant);
        if and_access_tokens {
            self.access_tokens.retain(|_, token| token.grant() != Some(&grant));
        }
        true
    }

    /// Ends an access token; false when there is none.
    pub(crate) fn revoke_access_token(&mut self, token: &str) -> bool {
        self.access_tokens.remove(token).is_some()
    }

    /// An access token of `length` characters.
    pub(crate) fn access_token(&mut self, whose: Whose, length: usize, expires_at: i64, now: i64) -> String {
        // Refreshing for months must not fill the memory.
        if self.access_tokens.len() >= 4096 && self.access_tokens.len().is_power_of_two() {
            self.access_tokens.retain(|_, token| now - token.expires_at < DAY);
        }
        let length = length.clamp(32, 4096);
        let mut text = self.dice.base64url(length.div_ceil(4) * 3);
        text.truncate(length);
        self.access_tokens.insert(text.clone(), AccessToken { whose, expires_at });
        text
    }

    /// An access token, whether its time is over or not.
    pub(crate) fn access(&self, token: &str) -> Option<&AccessToken> {
        self.access_tokens.get(token)
    }

    /// Lets the time of the access tokens that `are_meant` be over; says of how many.
    pub(crate) fn expire(&mut self, are_meant: impl Fn(&Whose) -> bool, now: i64) -> usize {
        let meant =
            self.access_tokens.values_mut().filter(|token| token.expires_at > now && are_meant(&token.whose));
        meant.map(|token| token.expires_at = now).count()
    }

    /// Ends all tokens that `are_meant`, of both kinds; says how many.
    pub(crate) fn revoke(&mut self, are_meant: impl Fn(&Whose) -> bool) -> usize {
        let before = self.access_tokens.len();
        self.access_tokens.retain(|_, token| !are_meant(&token.whose));
        let mut revoked = before - self.access_tokens.len();
        for refresh in self.refresh_tokens.values_mut() {
            if refresh.life == Life::Alive && are_meant(&Whose::Granted(Arc::clone(&refresh.grant))) {
                refresh.life = Life::Revoked;
                revoked += 1;
            }
        }
        revoked
    }

    /// An app has another secret: its refresh tokens die; the former secret is good until then.
    pub(crate) fn secret_rotated(&mut self, app: u64, former: String, good_until: i64) {
        self.old_secrets.insert(app, (former, good_until));
        for refresh in self.refresh_tokens.values_mut().filter(|refresh| refresh.grant.app == app) {
            refresh.life = Life::Revoked;
        }
    }

    /// Whether this is a former secret of the app that is still good.
    pub(crate) fn is_former_secret(&self, app: u64, secret: &str, now: i64) -> bool {
        self.old_secrets.get(&app).is_some_and(|(former, until)| former == secret && now < *until)
    }

    /// Sends an account on its way to another data centre until then.
    pub(crate) fn move_until(&mut self, portal: u64, until: i64) {
        self.moving.insert(portal, until);
    }

    /// Until when the account is on its way, if it is.
    pub(crate) fn moving(&self, portal: u64, now: i64) -> Option<i64> {
        self.moving.get(&portal).copied().filter(|until| now < *until)
    }
}

impl AccessToken {
    /// What was granted, where it is an account's.
    pub(crate) fn grant(&self) -> Option<&Arc<Grant>> {
        match &self.whose {
            Whose::Granted(grant) => Some(grant),
            Whose::App { .. } => None,
        }
    }
}

impl Whose {
    /// The app.
    pub(crate) fn app(&self) -> u64 {
        match self {
            Self::Granted(grant) => grant.app,
            Self::App { app, .. } => *app,
        }
    }

    /// The account, if it is one's.
    pub(crate) fn portal(&self) -> Option<u64> {
        match self {
            Self::Granted(grant) => Some(grant.portal),
            Self::App { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> (Grants, Arc<Grant>) {
        let grant =
            Grant { app: 1, portal: 2, hublet: "na1", user: 3, scopes: Arc::new(["oauth".to_owned()]) };
        (Grants::new(Dice::new(1, "grants")), Arc::new(grant))
    }

    fn code(grant: &Arc<Grant>, challenge: Option<Challenge>) -> Code {
        let redirect_uri = "https://h.example/cb".to_owned();
        Code { grant: Arc::clone(grant), redirect_uri, challenge, expires_at: 1_000 }
    }

    fn shown(code: &str) -> Redemption<'_> {
        Redemption { app: 1, code: Some(code), redirect_uri: Some("https://h.example/cb"), verifier: None }
    }

    #[test]
    fn a_code_is_good_once_and_for_a_while() {
        let (mut grants, grant) = grants();
        let text = grants.hand_out(code(&grant, None), 0);
        assert_eq!(grants.redeem(&Redemption { app: 9, ..shown(&text) }, 0), Err(Bad::AuthCode));
        assert_eq!(
            grants.redeem(&Redemption { redirect_uri: None, ..shown(&text) }, 0),
            Err(Bad::RedirectUri)
        );
        assert_eq!(grants.redeem(&shown(&text), 1_000), Err(Bad::AuthCode));
        assert_eq!(grants.redeem(&shown(&text), 999), Ok(grant));
        assert_eq!(grants.redeem(&shown(&text), 999), Err(Bad::AuthCode));
    }

    #[test]
    fn a_challenge_must_be_met() {
        let (mut grants, grant) = grants();
        let text = grants.hand_out(code(&grant, Some(Challenge::Plain("v".to_owned()))), 0);
        assert_eq!(grants.redeem(&shown(&text), 0), Err(Bad::CodeVerifier));
        assert_eq!(
            grants.redeem(&Redemption { verifier: Some("w"), ..shown(&text) }, 0),
            Err(Bad::CodeVerifier)
        );
        assert!(grants.redeem(&Redemption { verifier: Some("v"), ..shown(&text) }, 0).is_ok());
    }

    #[test]
    fn uninstalling_ends_what_was_granted() {
        let (mut grants, grant) = grants();
        let settings = OauthSettings::default();
        assert!(grants.install(&grant, 0) && !grants.install(&grant, 5));
        let refresh = grants.refresh_token(&grant);
        let access = grants.access_token(Whose::Granted(Arc::clone(&grant)), 300, 1_000, 0);
        assert_eq!(access.len(), 300);
        assert!(grants.uninstall(1, 2, &settings) && !grants.uninstall(1, 2, &settings));
        assert_eq!(grants.refreshed(Some(&refresh), 1, &settings), Err(Bad::RefreshToken));
        let told = OauthSettings { after_uninstall: AfterUninstall::BadHub, ..settings };
        assert_eq!(grants.refreshed(Some(&refresh), 1, &told), Err(Bad::Hub));
        assert!(grants.access(&access).is_none());
    }

    #[test]
    fn another_secret_ends_refresh_tokens_and_the_former_one_may_last_a_while() {
        let (mut grants, grant) = grants();
        let refresh = grants.refresh_token(&grant);
        grants.secret_rotated(1, "old".to_owned(), 100);
        assert!(grants.alive(&refresh).is_none());
        assert!(grants.is_former_secret(1, "old", 99) && !grants.is_former_secret(1, "old", 100));
        assert!(!grants.is_former_secret(1, "other", 99) && !grants.is_former_secret(2, "old", 99));
    }
}
