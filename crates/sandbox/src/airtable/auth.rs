//! Who calls, and what the caller may do.

use super::Airtable;
use super::accounts::Level;
use super::call::Call;
use super::model::base::{Base, World};
use super::oauth::scopes::{Scope, Scopes};
use super::problem::Problem;
use super::settings::Settings;
use http::header;

/// What a token can get at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// A personal access token: all its user's bases.
    Everything,
    /// An OAuth token: the bases its user picked, for this integration.
    Picked { integration: usize, bases: Vec<String> },
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) user: usize,
    pub(super) scopes: Scopes,
    pub(super) access: Access,
}

impl Caller {
    /// Whether the token was given this scope.
    ///
    /// # Errors
    /// 403 when it was not.
    pub(super) fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.has(scope) { Ok(()) } else { Err(Problem::forbidden_or_missing()) }
    }

    /// Whether the caller sees this base at all.
    pub(super) fn sees(&self, base: &Base) -> bool {
        base.level(self.user) > Level::None
            && match &self.access {
                Access::Everything => true,
                Access::Picked { bases, .. } => bases.contains(&base.id),
            }
    }

    /// The number of a base in which the user may do this much.
    ///
    /// # Errors
    /// 403, which does not tell a base that is not there from one that is closed.
    pub(super) fn base(&self, world: &World, id: &str, level: Level) -> Result<usize, Problem> {
        let number = world.base(id).filter(|number| self.sees(&world.bases[*number]));
        let number = number.ok_or_else(Problem::forbidden_or_missing)?;
        if world.bases[number].level(self.user) < level { Err(Problem::forbidden()) } else { Ok(number) }
    }

    /// The numbers of a base and one of its tables.
    ///
    /// # Errors
    /// As [`Self::base`].
    pub(super) fn table(
        &self,
        world: &World,
        base: &str,
        table: &str,
        level: Level,
    ) -> Result<(usize, usize), Problem> {
        let base = self.base(world, base, level)?;
        let table = world.bases[base].table(table).ok_or_else(Problem::forbidden_or_missing)?;
        Ok((base, table))
    }

    /// The integration the token belongs to.
    pub(super) fn integration(&self) -> Option<usize> {
        match &self.access {
            Access::Everything => None,
            Access::Picked { integration, .. } => Some(*integration),
        }
    }
}

/// The answer to a token that is unknown, expired or revoked.
pub(super) fn invalid_token(settings: &Settings) -> Problem {
    Problem::worded(&settings.errors.invalid_token, "Invalid authentication token")
}

impl Airtable {
    /// Finds out who calls.
    ///
    /// # Errors
    /// 401.
    pub(super) fn caller(&self, call: &Call, settings: &Settings) -> Result<Caller, Problem> {
        let header = call.header(header::AUTHORIZATION).ok_or_else(Problem::unauthenticated)?;
        let (scheme, token) = header.trim().split_once(' ').ok_or_else(Problem::unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return Err(Problem::unauthenticated());
        }
        let token = token.trim();
        {
            let world = self.world.read();
            let known = world.users.iter().position(|user| user.token == token && user.token_works);
            if let Some(user) = known {
                return Ok(Caller { user, scopes: Scopes::all(), access: Access::Everything });
            }
        }
        let grants = self.grants.read();
        let (grant, scopes) = grants.find(token, self.house.now()).ok_or_else(|| invalid_token(settings))?;
        let access = Access::Picked { integration: grant.integration, bases: grant.bases.clone() };
        Ok(Caller { user: grant.user, scopes, access })
    }
}
