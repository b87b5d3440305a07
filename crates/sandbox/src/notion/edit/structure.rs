//! Properties and data sources, as people edit them.

use super::{Person, refused};
use crate::house::EditError;
use crate::notion::content::rich::Rich;
use crate::notion::content::schema_write::Draft;
use crate::notion::id::Id;
use crate::notion::version::Version;
use serde_json::{Map, Value, json};

type Done = Result<Value, EditError>;

impl Person<'_> {
    /// Changes a schema as the API would.
    fn schema(&self, key: &str, config: Value) -> Done {
        let mut state = self.notion.state.write();
        let source = self.source(&state)?;
        let dice = state.fork_dice();
        let mut properties = Map::new();
        properties.insert(key.to_owned(), config);
        let draft = Draft::new(&state, self.eyes(), Version::Trash, state.sources.get(&source), dice);
        let drafted = draft.read(&Value::Object(properties), "properties").map_err(refused)?;
        let mut hand = self.hand();
        state.take_over(&mut hand, source, drafted);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": source, "object": "data_source" }))
    }

    fn name(&self) -> Result<&str, EditError> {
        self.edit.name.as_deref().ok_or_else(|| EditError::Invalid("name is missing".to_owned()))
    }

    pub(super) fn add_property(&self) -> Done {
        let config = self.edit.config.clone();
        self.schema(self.name()?, config.unwrap_or_else(|| json!({ "rich_text": {} })))
    }

    pub(super) fn rename_property(&self) -> Done {
        let Some(new_name) = &self.edit.new_name else {
            return Err(EditError::Invalid("new_name is missing".to_owned()));
        };
        self.schema(self.name()?, json!({ "name": new_name }))
    }

    pub(super) fn delete_property(&self) -> Done {
        self.schema(self.name()?, Value::Null)
    }

    /// One more data source in a database, which older versions then cannot read.
    pub(super) fn add_data_source(&self) -> Done {
        let mut state = self.notion.state.write();
        let named = self.source(&state)?;
        let database: Id = state.sources[&named].database;
        let dice = state.fork_dice();
        let config = self.edit.config.clone().unwrap_or_else(|| json!({ "Name": { "title": {} } }));
        let draft = Draft::new(&state, self.eyes(), Version::Trash, None, dice);
        let drafted = draft.read(&config, "config").map_err(refused)?;
        let mut hand = self.hand();
        let title = Rich::new(self.edit.name.as_deref().unwrap_or("New data source"));
        let id = state.add_source(&mut hand, database, title, drafted);
        drop(state);
        self.notion.announce(hand.changes);
        Ok(json!({ "id": id, "object": "data_source", "database_id": database }))
    }
}
