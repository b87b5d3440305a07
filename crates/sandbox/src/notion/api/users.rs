//! Users: people and bots (Notion facts 2 and 7).

use super::{Answer, Call, Done, May};
use crate::notion::content::render;
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::query::paging::{self, Paging};

/// `GET /v1/users`
pub(super) fn list(call: &Call<'_>) -> Answer {
    call.may(May::ReadUsers)?;
    let paging = Paging::of_query(&call.query)?;
    let state = call.notion.state.read();
    let workspace = call.connection.workspace;
    let people = state.workspaces[workspace].users.iter().map(|user| user.id);
    let ids: Vec<Id> = people.chain(state.bots_in(workspace).map(|bot| bot.bot)).collect();
    let start = paging.start(&ids, call.settings.query.invalid_cursor)?;
    let (shown, next) = paging::cut(&ids, start, paging.size);
    let users =
        shown.iter().map(|id| render::user(&state, workspace, *id, &call.settings.capabilities)).collect();
    Done::read(paging::list("user", users, next))
}

/// `GET /v1/users/me`
pub(super) fn me(call: &Call<'_>) -> Answer {
    let state = call.notion.state.read();
    Done::read(render::bot(&state, call.connection, &call.settings.capabilities))
}

/// `GET /v1/users/{id}`
pub(super) fn get(call: &Call<'_>, id: Id) -> Answer {
    call.may(May::ReadUsers)?;
    let state = call.notion.state.read();
    if !state.is_user(call.connection.workspace, id) {
        return Err(Failure::not_found("user", id));
    }
    Done::read(render::user(&state, call.connection.workspace, id, &call.settings.capabilities))
}
