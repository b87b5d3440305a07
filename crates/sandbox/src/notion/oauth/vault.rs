//! Codes and tokens: who holds what, and for how long.

use crate::house::Dice;
use crate::notion::id::Id;
use crate::notion::settings::Oauth;
use std::collections::HashMap;

/// All codes and tokens.
#[derive(Debug)]
pub(crate) struct Vault {
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
    /// Counts authorizations.
    grants: u64,
    dice: Dice,
}

/// What a person agreed to, until it is exchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) bot: Id,
    /// As the authorize URL had it, if it did.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) expires: i64,
}

/// An access token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Access {
    bot: Id,
    /// Which authorization it comes from; none: an internal integration's.
    grant: Option<u64>,
    issued: i64,
    expires: Option<i64>,
}

/// A refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refresh {
    bot: Id,
    grant: u64,
    issued: i64,
    used: bool,
}

/// What a grant gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) bot: Id,
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
}

/// What is known of a token that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Inspected {
    pub(crate) active: bool,
    /// Seconds since 1970.
    pub(crate) issued: i64,
}

impl Vault {
    /// Empty.
    pub(crate) fn new(dice: Dice) -> Self {
        Self { codes: HashMap::new(), access: HashMap::new(), refresh: HashMap::new(), grants: 0, dice }
    }

    /// An internal integration's token, good for ever.
    pub(crate) fn keep_internal(&mut self, token: &str, bot: Id, now: i64) {
        let access = Access { bot, grant: None, issued: now, expires: None };
        self.access.insert(token.to_owned(), access);
    }

    /// A new code.
    pub(crate) fn add_code(&mut self, code: Code) -> String {
        let text = self.dice.uuid();
        self.codes.insert(text.clone(), code);
        text
    }

    /// What a code stands for, while it is good.
    pub(crate) fn code(&self, code: &str, now: i64) -> Option<&Code> {
        self.codes.get(code).filter(|code| now < code.expires)
    }

    /// Exchanges a code; it is gone then.
    pub(crate) fn exchange(&mut self, code: &str, settings: &Oauth, now: i64) -> Option<Tokens> {
        let code = self.codes.remove(code)?;
        self.grants += 1;
        let grant = self.grants;
        let refresh = settings.refresh_tokens.then(|| self.add_refresh(code.bot, grant, now));
        Some(Tokens { bot: code.bot, access: self.add_access(code.bot, grant, settings, now), refresh })
    }

    /// New tokens for a refresh token.
    pub(crate) fn refresh(&mut self, token: &str, settings: &Oauth, now: i64) -> Option<Tokens> {
        let Refresh { bot, grant, used, .. } = self.refresh.get(token)?.clone();
        if used {
            if settings.reuse_revokes {
                self.revoke_grant(grant);
            }
            return None;
        }
        if let Some(grace) = settings.old_access_token_grace_ms {
            let ends = now.saturating_add(grace);
            for access in self.access.values_mut().filter(|access| access.grant == Some(grant)) {
                access.expires = Some(access.expires.map_or(ends, |expires| expires.min(ends)));
            }
        }
        let refresh = if settings.rotate_refresh_tokens {
            if let Some(old) = self.refresh.get_mut(token) {
                old.used = true;
            }
            self.add_refresh(bot, grant, now)
        } else {
            token.to_owned()
        };
        let access = self.add_access(bot, grant, settings, now);
        Some(Tokens { bot, access, refresh: settings.refresh_tokens.then_some(refresh) })
    }

    fn add_access(&mut self, bot: Id, grant: u64, settings: &Oauth, now: i64) -> String {
        let token = access_token(&mut self.dice);
        let expires = settings.access_token_lifetime_ms.map(|lifetime| now.saturating_add(lifetime));
        self.access.insert(token.clone(), Access { bot, grant: Some(grant), issued: now, expires });
        token
    }

    fn add_refresh(&mut self, bot: Id, grant: u64, now: i64) -> String {
        let token = format!("nrt_{}", self.dice.alphanumeric(46));
        self.refresh.insert(token.clone(), Refresh { bot, grant, issued: now, used: false });
        token
    }

    /// Whose a token is, while it is good.
    pub(crate) fn holder(&self, token: &str, now: i64) -> Option<Id> {
        let access = self.access.get(token)?;
        access.expires.is_none_or(|expires| now < expires).then_some(access.bot)
    }

    /// What is known of an access or a refresh token.
    pub(crate) fn inspect(&self, token: &str, now: i64) -> Option<Inspected> {
        if let Some(access) = self.access.get(token) {
            let active = access.expires.is_none_or(|expires| now < expires);
            return Some(Inspected { active, issued: access.issued / 1000 });
        }
        let refresh = self.refresh.get(token)?;
        Some(Inspected { active: !refresh.used, issued: refresh.issued / 1000 })
    }

    /// Ends an access or a refresh token, and what came with it.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        if let Some(access) = self.access.remove(token) {
            if let Some(grant) = access.grant {
                self.revoke_grant(grant);
            }
            return true;
        }
        let Some(grant) = self.refresh.get(token).map(|refresh| refresh.grant) else { return false };
        self.revoke_grant(grant);
        true
    }

    /// Ends an access token alone: its time is over.
    pub(crate) fn expire(&mut self, token: &str, now: i64) -> bool {
        let Some(access) = self.access.get_mut(token) else { return false };
        access.expires = Some(now);
        true
    }

    /// Ends all tokens of a bot but the internal ones.
    pub(crate) fn revoke_bot(&mut self, bot: Id) {
        self.access.retain(|_, access| access.bot != bot || access.grant.is_none());
        self.refresh.retain(|_, refresh| refresh.bot != bot);
        self.codes.retain(|_, code| code.bot != bot);
    }

    fn revoke_grant(&mut self, grant: u64) {
        self.access.retain(|_, access| access.grant != Some(grant));
        self.refresh.retain(|_, refresh| refresh.grant != grant);
    }
}

/// `ntn_…`: clients take it as opaque.
pub(crate) fn access_token(dice: &mut Dice) -> String {
    format!("ntn_{}", dice.alphanumeric(46))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(Dice::new(1, "vault"))
    }

    fn granted(vault: &mut Vault, settings: &Oauth) -> Tokens {
        let code = vault.add_code(Code { bot: Id(1), redirect_uri: None, expires: 1000 });
        vault.exchange(&code, settings, 0).expect("a code")
    }

    #[test]
    fn a_code_is_good_once_and_for_its_time() {
        let (mut vault, settings) = (vault(), Oauth::default());
        let code = vault.add_code(Code { bot: Id(1), redirect_uri: None, expires: 1000 });
        assert!(vault.code(&code, 999).is_some() && vault.code(&code, 1000).is_none());
        assert!(vault.exchange(&code, &settings, 0).is_some());
        assert!(vault.exchange(&code, &settings, 0).is_none() && vault.code(&code, 0).is_none());
    }

    #[test]
    fn a_refresh_gives_both_tokens_anew_and_ends_the_old_ones() {
        let (mut vault, settings) = (vault(), Oauth::default());
        let first = granted(&mut vault, &settings);
        let old = first.refresh.clone().expect("given");
        let second = vault.refresh(&old, &settings, 5).expect("refreshed");
        assert_eq!(vault.holder(&first.access, 5), None);
        assert_eq!(vault.holder(&second.access, 5), Some(Id(1)));
        assert_ne!(second.refresh.as_ref(), Some(&old));
        assert!(vault.refresh(&old, &settings, 5).is_none(), "used");
        assert!(vault.refresh(&second.refresh.expect("given"), &settings, 5).is_some());
    }

    #[test]
    fn what_is_unknown_of_tokens_can_be_set() {
        let keep =
            Oauth { old_access_token_grace_ms: None, rotate_refresh_tokens: false, ..Oauth::default() };
        let mut vault = vault();
        let first = granted(&mut vault, &keep);
        let second = vault.refresh(&first.refresh.clone().expect("given"), &keep, 5).expect("refreshed");
        assert_eq!((vault.holder(&first.access, 5), &second.refresh), (Some(Id(1)), &first.refresh));
        let short = Oauth { access_token_lifetime_ms: Some(10), refresh_tokens: false, ..Oauth::default() };
        let tokens = granted(&mut vault, &short);
        assert_eq!(tokens.refresh, None);
        assert_eq!((vault.holder(&tokens.access, 9), vault.holder(&tokens.access, 10)), (Some(Id(1)), None));
        let strict = Oauth { reuse_revokes: true, ..Oauth::default() };
        let first = granted(&mut vault, &strict);
        let old = first.refresh.expect("given");
        let second = vault.refresh(&old, &strict, 5).expect("refreshed");
        assert!(vault.refresh(&old, &strict, 6).is_none());
        assert_eq!(vault.holder(&second.access, 6), None, "reuse took it along");
    }

    #[test]
    fn revoking_takes_the_whole_authorization() {
        let (mut vault, settings) = (vault(), Oauth::default());
        let tokens = granted(&mut vault, &settings);
        assert_eq!(vault.inspect(&tokens.access, 1), Some(Inspected { active: true, issued: 0 }));
        assert!(vault.revoke(&tokens.access) && !vault.revoke(&tokens.access));
        assert!(vault.refresh(&tokens.refresh.expect("given"), &settings, 1).is_none());
        assert_eq!(vault.inspect(&tokens.access, 1), None);
    }
}
