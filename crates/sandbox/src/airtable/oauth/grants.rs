//! What users have allowed to whom: codes, access tokens, refresh tokens, and what happens to those that come too late.

use super::scopes::Scopes;
use super::{Refused, pkce};
use crate::airtable::settings;
use crate::house::Dice;
use std::collections::HashMap;

/// What a user has allowed an integration.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Grant {
    /// To whom.
    pub(in crate::airtable) integration: usize,
    /// By whom.
    pub(in crate::airtable) user: usize,
    /// What.
    pub(in crate::airtable) scopes: Scopes,
    /// In which bases.
    pub(in crate::airtable) bases: Vec<String>,
    access: String,
    refresh: String,
    reuses: u32,
    revoked: bool,
}

impl Grant {
    /// Whether this is its access token.
    pub(in crate::airtable) fn has_access(&self, token: &str) -> bool {
        self.access == token
    }
}

/// An authorization waiting for its exchange.
#[derive(Debug, Clone)]
struct Code {
    integration: usize,
    user: usize,
    scopes: Scopes,
    bases: Vec<String>,
    redirect_uri: String,
    challenge: String,
    until: i64,
}

/// What a user has agreed to.
#[derive(Debug, Clone)]
pub(in crate::airtable) struct Agreed {
    pub(in crate::airtable) integration: usize,
    pub(in crate::airtable) user: usize,
    pub(in crate::airtable) scopes: Scopes,
    pub(in crate::airtable) bases: Vec<String>,
    pub(in crate::airtable) redirect_uri: String,
    pub(in crate::airtable) challenge: String,
}

#[derive(Debug, Clone, Copy)]
struct Access {
    grant: usize,
    scopes: Scopes,
    until: i64,
}

#[derive(Debug, Clone)]
struct Refresh {
    grant: usize,
    until: i64,
    /// When it was replaced.
    rotated: Option<i64>,
    /// When it was used within the last second.
    recent: Vec<i64>,
}

/// What the token endpoint gives out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::airtable) struct Tokens {
    pub(in crate::airtable) access: String,
    pub(in crate::airtable) refresh: String,
    pub(in crate::airtable) scopes: Scopes,
}

/// The rules in force.
#[derive(Debug, Clone, Copy)]
pub(in crate::airtable) struct Rules<'a> {
    pub(in crate::airtable) oauth: &'a settings::OAuth,
    pub(in crate::airtable) errors: &'a settings::Errors,
}

/// All of them.
#[derive(Debug, Default)]
pub(in crate::airtable) struct Grants {
    grants: Vec<Grant>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
}

impl Grants {
    /// A code for what a user agreed to.
    pub(in crate::airtable) fn agree(
        &mut self,
        agreed: Agreed,
        now: i64,
        rules: &settings::OAuth,
        dice: &mut Dice,
    ) -> String {
        let code = dice.hex(64);
        let Agreed { integration, user, scopes, bases, redirect_uri, challenge } = agreed;
        let until = now.saturating_add(rules.code_secs.saturating_mul(1_000));
        self.codes
            .insert(code.clone(), Code { integration, user, scopes, bases, redirect_uri, challenge, until });
        code
    }

    /// Exchanges a code. It is gone afterwards, whatever comes of it.
    ///
    /// # Errors
    /// What the endpoint answers.
    pub(in crate::airtable) fn exchange(
        &mut self,
        integration: usize,
        form: &Exchange<'_>,
        now: i64,
        rules: Rules<'_>,
        dice: &mut Dice,
    ) -> Result<Tokens, Refused> {
        let given = form.code.ok_or_else(|| Refused::invalid_request("code is missing"))?;
        let code = self.codes.remove(given);
        let redirect_uri =
            form.redirect_uri.ok_or_else(|| Refused::invalid_request("redirect_uri is missing"))?;
        let verifier = form.verifier.ok_or_else(|| Refused::invalid_request("code_verifier is missing"))?;
        if !pkce::is_verifier(verifier) {
            return Err(Refused::invalid_request(
                "code_verifier must have 43 to 128 characters of A-Z, a-z, 0-9, '.', '-' and '_'",
            ));
        }
        let invalid = || Refused::invalid_grant("The code is invalid, expired or used");
        let code = code.ok_or_else(invalid)?;
        if now >= code.until || code.integration != integration {
            return Err(invalid());
        }
        if code.redirect_uri != redirect_uri {
            return Err(Refused::invalid_grant("redirect_uri is not the one the code was given to"));
        }
        if pkce::challenge(verifier) != code.challenge {
            return Err(Refused::invalid_grant("code_verifier does not match code_challenge"));
        }
        let grant = self.grants.len();
        self.grants.push(Grant {
            integration,
            user: code.user,
            scopes: code.scopes,
            bases: code.bases,
            access: String::new(),
            refresh: String::new(),
            reuses: 0,
            revoked: false,
        });
        Ok(self.issue(grant, code.scopes, now, rules.oauth, dice))
    }

    /// Rotates a refresh token. The access token before it dies at once.
    ///
    /// # Errors
    /// What the endpoint answers.
    pub(in crate::airtable) fn refresh(
        &mut self,
        integration: usize,
        token: &str,
        scope: Option<&str>,
        now: i64,
        rules: Rules<'_>,
        dice: &mut Dice,
    ) -> Result<Tokens, Refused> {
        let invalid = || Refused::invalid_grant("The refresh token is invalid, expired or used");
        let known = self.refresh.get_mut(token).ok_or_else(invalid)?;
        known.recent.retain(|at| now.saturating_sub(*at) < 1_000);
        if known.recent.len() + 1 >= rules.oauth.refreshes_per_second {
            return Err(Refused::worded(&rules.errors.refreshes_too_fast, "Too many refresh requests"));
        }
        known.recent.push(now);
        let (number, until, rotated) = (known.grant, known.until, known.rotated);
        let grant = &mut self.grants[number];
        if grant.revoked || grant.integration != integration || now >= until {
            return Err(invalid());
        }
        if let Some(at) = rotated {
            grant.reuses += 1;
            if rules.oauth.revoke_after_reuses.is_some_and(|most| grant.reuses >= most) {
                self.revoke(number);
                return Err(invalid());
            }
            if now.saturating_sub(at) < rules.oauth.conflict_secs.saturating_mul(1_000) {
                let words = &rules.errors.refreshed_just_now;
                return Err(Refused::worded(words, "This token was refreshed just now"));
            }
            return Err(invalid());
        }
        let scopes = match scope {
            None => grant.scopes,
            Some(text) => Scopes::parse(text).map_err(Refused::invalid_request)?,
        };
        if !scopes.within(grant.scopes) {
            return Err(Refused::invalid_request("scope asks for more than was granted"));
        }
        grant.reuses = 0;
        Ok(self.issue(number, scopes, now, rules.oauth, dice))
    }

    /// New tokens for a grant; those before them are dead.
    fn issue(
        &mut self,
        number: usize,
        scopes: Scopes,
        now: i64,
        rules: &settings::OAuth,
        dice: &mut Dice,
    ) -> Tokens {
        // Opaque, and of no fixed length.
        let name = dice.alphanumeric(14);
        let mut filler = || {
            let length = usize::try_from(dice.between(40, 72)).unwrap_or(48);
            format!("{}.{}", dice.base64url(length), dice.hex(64))
        };
        let (access, refresh) = (format!("oaa{name}.v1.{}", filler()), filler());
        let grant = &mut self.grants[number];
        self.access.remove(&grant.access);
        if let Some(before) = self.refresh.get_mut(&grant.refresh) {
            before.rotated = Some(now);
        }
        grant.access.clone_from(&access);
        grant.refresh.clone_from(&refresh);
        let until = |seconds: i64| now.saturating_add(seconds.saturating_mul(1_000));
        self.access.insert(access.clone(), Access { grant: number, scopes, until: until(rules.access_secs) });
        let fresh =
            Refresh { grant: number, until: until(rules.refresh_secs), rotated: None, recent: Vec::new() };
        self.refresh.insert(refresh.clone(), fresh);
        Tokens { access, refresh, scopes }
    }

    /// The grant behind an access token that is good at `now`, and what this token may do.
    pub(in crate::airtable) fn find(&self, access: &str, now: i64) -> Option<(&Grant, Scopes)> {
        let token = self.access.get(access).filter(|token| now < token.until)?;
        Some((&self.grants[token.grant], token.scopes))
    }

    fn revoke(&mut self, number: usize) {
        let grant = &mut self.grants[number];
        grant.revoked = true;
        self.access.remove(&grant.access);
    }

    /// Revokes the grants that `which` picks; says how many.
    pub(in crate::airtable) fn revoke_where(&mut self, which: impl Fn(&Grant) -> bool) -> usize {
        let picked: Vec<usize> =
            (0..self.grants.len()).filter(|&n| !self.grants[n].revoked && which(&self.grants[n])).collect();
        for number in &picked {
            self.revoke(*number);
        }
        picked.len()
    }

    /// Ends access tokens before their time: the given one, or all; says how many.
    pub(in crate::airtable) fn expire_access(&mut self, token: Option<&str>) -> usize {
        let before = self.access.len();
        self.access.retain(|known, _| token.is_some_and(|token| token != known));
        before - self.access.len()
    }

    /// Ends refresh tokens before their time: the given one, or all; says how many.
    pub(in crate::airtable) fn expire_refresh(&mut self, token: Option<&str>) -> usize {
        let before = self.refresh.len();
        self.refresh.retain(|known, _| token.is_some_and(|token| token != known));
        before - self.refresh.len()
    }

    /// Changes the bases of the grants that `which` picks; says how many grants.
    pub(in crate::airtable) fn change_bases(
        &mut self,
        which: impl Fn(&Grant) -> bool,
        change: impl Fn(&mut Vec<String>),
    ) -> usize {
        let mut changed = 0;
        for grant in self.grants.iter_mut().filter(|grant| !grant.revoked && which(grant)) {
            change(&mut grant.bases);
            changed += 1;
        }
        changed
    }
}

/// What an exchange must carry.
#[derive(Debug, Clone, Copy)]
pub(in crate::airtable) struct Exchange<'a> {
    pub(in crate::airtable) code: Option<&'a str>,
    pub(in crate::airtable) redirect_uri: Option<&'a str>,
    pub(in crate::airtable) verifier: Option<&'a str>,
}

#[cfg(test)]
#[path = "grants_tests.rs"]
mod tests;
