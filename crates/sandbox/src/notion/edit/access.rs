//! What is shared with whom, and connections that are withdrawn.

use super::Person;
use crate::house::EditError;
use crate::notion::id::Id;
use serde_json::{Value, json};
use std::sync::Arc;

type Done = Result<Value, EditError>;

impl Person<'_> {
    /// Shares a page or a database with all connections of the workspace, or takes that back.
    pub(super) fn share(&self, shared: bool) -> Done {
        let mut state = self.notion.state.write();
        let id = self.id(&state)?;
        let bots: Vec<Id> = state.bots_in(self.workspace).map(|connection| connection.bot).collect();
        for bot in &bots {
            let Some(connection) = state.connections.get_mut(bot).map(Arc::make_mut) else { continue };
            if shared {
                connection.shared.insert(id);
            } else {
                connection.shared.remove(&id);
            }
        }
        Ok(json!({ "id": id, "shared": shared, "connections": bots }))
    }

    fn token(&self) -> Result<&str, EditError> {
        self.edit.token.as_deref().ok_or_else(|| EditError::Invalid("token is missing".to_owned()))
    }

    /// Ends a token, and all of its authorization.
    pub(super) fn revoke(&self) -> Done {
        let revoked = self.notion.vault.write().revoke(self.token()?);
        if revoked { Ok(json!({ "revoked": true })) } else { Err(unknown()) }
    }

    /// Ends an access token alone.
    pub(super) fn expire_token(&self) -> Done {
        let now = self.notion.house.now();
        let expired = self.notion.vault.write().expire(self.token()?, now);
        if expired { Ok(json!({ "expired": true })) } else { Err(unknown()) }
    }

    /// Takes the public integration out of the workspace, with all its tokens.
    pub(super) fn disconnect(&self) -> Done {
        let integration = self.notion.app().integration;
        let mut state = self.notion.state.write();
        let mut bots =
            state.bots_in(self.workspace).filter(|connection| connection.integration == integration);
        let Some(bot) = bots.next().map(|connection| connection.bot) else {
            return Err(EditError::NotFound("the workspace has no such connection".to_owned()));
        };
        drop(bots);
        state.connections.remove(&bot);
        state.bots.retain(|known| *known != bot);
        self.notion.vault.write().revoke_bot(bot);
        Ok(json!({ "bot_id": bot, "disconnected": true }))
    }
}

fn unknown() -> EditError {
    EditError::NotFound("there is no such token".to_owned())
}
