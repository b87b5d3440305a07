//! Changes of schemas (Notion facts 6): drafted as a whole, then taken over, so that a mistake changes nothing.

use super::hand::SchemaChange;
use super::model::{Source, TITLE};
use super::reading::FUNCTIONS;
use super::rich::{colors, is_color};
use super::schema::{Choice, Kind, Link, Property, Roll};
use super::state::{Eyes, State};
use crate::house::Dice;
use crate::notion::check::{Fields, short_list};
use crate::notion::error::Failure;
use crate::notion::id::Id;
use crate::notion::version::Version;
use serde_json::{Value, json};

/// The types a property can be given.
const TYPES: [&str; 24] = [
    "title",
    "rich_text",
    "number",
    "select",
    "multi_select",
    "status",
    "date",
    "people",
    "files",
    "checkbox",
    "url",
    "email",
    "phone_number",
    "place",
    "verification",
    "relation",
    "formula",
    "rollup",
    "unique_id",
    "created_time",
    "created_by",
    "last_edited_time",
    "last_edited_by",
    "button",
];

/// A schema as it is to become.
pub(crate) struct Draft<'a> {
    state: &'a State,
    eyes: Eyes<'a>,
    version: Version,
    dice: Dice,
    properties: Vec<Property>,
    next_slot: u16,
    next_choice: u32,
    /// Two-way relations that need their other end: slot, and the name asked for.
    mirrors: Vec<(u16, Option<String>)>,
    changes: Vec<SchemaChange>,
}

/// A draft that can be taken over.
pub(crate) struct Drafted {
    pub(super) properties: Vec<Property>,
    pub(super) next_slot: u16,
    pub(super) next_choice: u32,
    pub(super) mirrors: Vec<(u16, Option<String>)>,
    pub(super) changes: Vec<SchemaChange>,
}

impl<'a> Draft<'a> {
    /// From what `source` has, or from nothing. The dice are the draft's own ([`State::fork_dice`]).
    pub(crate) fn new(
        state: &'a State,
        eyes: Eyes<'a>,
        version: Version,
        source: Option<&Source>,
        dice: Dice,
    ) -> Self {
        Self {
            state,
            eyes,
            version,
            dice,
            properties: source.map_or_else(Vec::new, |source| source.properties.clone()),
            next_slot: source.map_or(1, |source| source.next_slot),
            next_choice: source.map_or(1, |source| source.next_choice),
            mirrors: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Drafts what `value` says of the properties.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn read(mut self, value: &Value, path: &str) -> Result<Drafted, Failure> {
        let fields = Fields::of(value, path)?;
        // Rollups look at relations, which may come with them.
        let is_rollup = |config: &Value| config.get("rollup").is_some();
        for last in [false, true] {
            for (key, config) in fields.map.iter().filter(|(_, config)| is_rollup(config) == last) {
                self.one(key, config, &fields.at(key))?;
            }
        }
        let titles = self.properties.iter().filter(|property| property.kind == Kind::Title).count();
        if titles != 1 {
            let message =
                if titles == 0 { "Title is not provided" } else { "Only one title property is allowed" };
            return Err(Failure::validation(message));
        }
        Ok(Drafted {
            properties: self.properties,
            next_slot: self.next_slot,
            next_choice: self.next_choice,
            mirrors: self.mirrors,
            changes: self.changes,
        })
    }

    fn one(&mut self, key: &str, config: &Value, path: &str) -> Result<(), Failure> {
        let at = self
            .properties
            .iter()
            .position(|property| property.name == key)
            .or_else(|| self.properties.iter().position(|property| property.is_id(key)));
        match (at, config) {
            (None, Value::Null) => {
                Err(Failure::validation(format!("Could not find property with name or id: {key}")))
            }
            (Some(at), Value::Null) => self.delete(at),
            (Some(at), config) => self.change(at, config, path),
            (None, config) => self.add(key, config, path),
        }
    }

    fn delete(&mut self, at: usize) -> Result<(), Failure> {
        if self.properties[at].kind == Kind::Title {
            return Err(Failure::validation("Cannot delete the title property."));
        }
        let property = self.properties.remove(at);
        self.changes.push(SchemaChange {
            id: property.written_id(),
            name: Some(property.name),
            action: "deleted",
        });
        Ok(())
    }

    fn change(&mut self, at: usize, config: &Value, path: &str) -> Result<(), Failure> {
        let fields = Fields::of(config, path)?;
        if let Some(name) = fields.text("name")? {
            self.check_name(name, Some(at), path)?;
            name.clone_into(&mut self.properties[at].name);
        }
        if let Some(description) = fields.get("description") {
            self.properties[at].description = description.as_str().map(str::to_owned);
        }
        if let Some(kind) = type_of(fields)? {
            let old = self.properties[at].kind.clone();
            let new = self.kind(kind, fields, Some(&old), self.properties[at].slot)?;
            if new.name() != old.name() {
                if old == Kind::Title {
                    return Err(Failure::validation("Cannot change the type of the title property."));
                }
                // Values of the old type are left behind in the old slot.
                self.properties[at].slot = self.take_slot();
                self.move_mirror(self.properties[at].slot);
            }
            self.properties[at].kind = new;
        }
        let property = &self.properties[at];
        let change =
            SchemaChange { id: property.written_id(), name: Some(property.name.clone()), action: "updated" };
        self.changes.push(change);
        Ok(())
    }

    /// A mirror noted for a property whose slot has changed since.
    fn move_mirror(&mut self, slot: u16) {
        if let Some(last) = self.mirrors.last_mut()
            && !self.properties.iter().any(|property| property.slot == last.0)
        {
            last.0 = slot;
        }
    }

    fn add(&mut self, name: &str, config: &Value, path: &str) -> Result<(), Failure> {
        let fields = Fields::of(config, path)?;
        let name = fields.text("name")?.unwrap_or(name);
        self.check_name(name, None, path)?;
        let Some(kind) = type_of(fields)? else {
            return Err(Failure::expected(
                path,
                &format!("an object with one of {}", TYPES.join(", ")),
                Some(config),
            ));
        };
        let slot = if kind == "title" { TITLE } else { self.take_slot() };
        let kind = self.kind(kind, fields, None, slot)?;
        let id = if slot == TITLE { "title".to_owned() } else { self.new_property_id() };
        let property = Property {
            slot,
            id,
            name: name.to_owned(),
            description: fields.text("description")?.map(str::to_owned),
            kind,
        };
        let change =
            SchemaChange { id: property.written_id(), name: Some(property.name.clone()), action: "created" };
        self.changes.push(change);
        self.properties.push(property);
        Ok(())
    }

    fn take_slot(&mut self) -> u16 {
        self.next_slot += 1;
        self.next_slot - 1
    }

    fn new_property_id(&mut self) -> String {
        loop {
            let id = property_id(&mut self.dice);
            if self.properties.iter().all(|property| property.id != id) {
                return id;
            }
        }
    }

    fn check_name(&self, name: &str, but: Option<usize>, path: &str) -> Result<(), Failure> {
        if name.is_empty() {
            return Err(Failure::expected(path, "a named property", Some(&json!(name))));
        }
        let taken = self.properties.iter().enumerate();
        if taken.into_iter().any(|(at, property)| property.name == name && Some(at) != but) {
            return Err(Failure::validation(format!(
                "Cannot create property: a property named {name} already exists."
            )));
        }
        Ok(())
    }

    fn kind(
        &mut self,
        kind: &str,
        fields: Fields<'_>,
        old: Option<&Kind>,
        slot: u16,
    ) -> Result<Kind, Failure> {
        let path = fields.at(kind);
        let empty = json!({});
        let inner = Fields::of(fields.get(kind).unwrap_or(&empty), &path)?;
        Ok(match kind {
            "title" => Kind::Title,
            "rich_text" => Kind::RichText,
            "number" => Kind::Number(inner.text("format")?.unwrap_or("number").to_owned()),
            "select" => Kind::Select(self.options(inner, old)?),
            "multi_select" => Kind::MultiSelect(self.options(inner, old)?),
            "status" => self.status(inner, old)?,
            "date" => Kind::Date,
            "people" => Kind::People,
            "files" => Kind::Files,
            "checkbox" => Kind::Checkbox,
            "url" => Kind::Url,
            "email" => Kind::Email,
            "phone_number" => Kind::PhoneNumber,
            "place" => Kind::Place,
            "verification" => Kind::Verification,
            "relation" => self.relation(inner, old, slot)?,
            "formula" => match inner.text("expression")? {
                Some(expression) => Kind::Formula(expression.to_owned()),
                None => return Err(Failure::expected(&inner.at("expression"), "defined", None)),
            },
            "rollup" => self.rollup(inner)?,
            "unique_id" => match inner.get("prefix") {
                None | Some(Value::Null) => Kind::UniqueId(None),
                Some(_) => Kind::UniqueId(inner.text("prefix")?.map(str::to_owned)),
            },
            "created_time" => Kind::CreatedTime,
            "created_by" => Kind::CreatedBy,
            "last_edited_time" => Kind::LastEditedTime,
            "last_edited_by" => Kind::LastEditedBy,
            _ => Kind::Button,
        })
    }

    /// The options as given; those that are known by id or name stay what they are.
    fn options(&mut self, inner: Fields<'_>, old: Option<&Kind>) -> Result<Vec<Choice>, Failure> {
        let known = old.map_or(&[][..], Kind::choices);
        let Some(options) = inner.get("options") else { return Ok(known.to_vec()) };
        let path = inner.at("options");
        let mut choices: Vec<Choice> = Vec::new();
        for (index, option) in short_list(options, &path, 100)?.iter().enumerate() {
            let path = format!("{path}[{index}]");
            let choice = self.option(Fields::of(option, &path)?, known)?;
            if choices.iter().any(|other| other.name == choice.name) {
                return Err(Failure::validation(format!(
                    "{path}: there are two options named {}.",
                    choice.name
                )));
            }
            choices.push(choice);
        }
        Ok(choices)
    }

    fn option(&mut self, fields: Fields<'_>, known: &[Choice]) -> Result<Choice, Failure> {
        let (id, name, color) = (fields.text("id")?, fields.text("name")?, fields.text("color")?);
        if color.is_some_and(|color| !is_color(color)) {
            return Err(Failure::expected(&fields.at("color"), "a known color", fields.get("color")));
        }
        let same = known.iter().find(|choice| match id {
            Some(id) => choice.id == id,
            None => name == Some(&choice.name),
        });
        let mut choice = match (same, name) {
            (Some(choice), _) => choice.clone(),
            (None, None) => return Err(Failure::expected(&fields.at("name"), "defined", None)),
            (None, Some(_)) => {
                self.next_choice += 1;
                Choice {
                    number: self.next_choice - 1,
                    id: id.map_or_else(|| self.dice.uuid(), str::to_owned),
                    name: String::new(),
                    color: self.dice.pick(colors()).copied().unwrap_or("default").to_owned(),
                    description: None,
                    group: 0,
                }
            }
        };
        if let Some(name) = name {
            if name.contains(',') {
                return Err(Failure::validation(format!(
                    "Invalid select option, commas not allowed: {name}"
                )));
            }
            name.clone_into(&mut choice.name);
        }
        if let Some(color) = color {
            color.clone_into(&mut choice.color);
        }
        Ok(choice)
    }

    fn status(&mut self, inner: Fields<'_>, old: Option<&Kind>) -> Result<Kind, Failure> {
        if let Some(Kind::Status(_, groups)) = old {
            return Ok(Kind::Status(self.options(inner, old)?, groups.clone()));
        }
        let groups = [self.dice.uuid(), self.dice.uuid(), self.dice.uuid()];
        if inner.get("options").is_some() {
            return Ok(Kind::Status(self.options(inner, None)?, groups));
        }
        let mut choices = Vec::new();
        for (group, (name, color)) in
            (0..).zip([("Not started", "default"), ("In progress", "blue"), ("Done", "green")])
        {
            let (number, id) = (self.next_choice, self.dice.uuid());
            self.next_choice += 1;
            let (name, color) = (name.to_owned(), color.to_owned());
            choices.push(Choice { number, id, name, color, description: None, group });
        }
        Ok(Kind::Status(choices, groups))
    }

    fn relation(&mut self, inner: Fields<'_>, old: Option<&Kind>, slot: u16) -> Result<Kind, Failure> {
        let source = self.relation_target(inner)?;
        // A two-way relation that is written again keeps its other end, unless it becomes one-way.
        if let Some(Kind::Relation(link)) = old
            && link.source == source
            && link.synced.is_some()
            && inner.get("single_property").is_none()
        {
            return Ok(Kind::Relation(*link));
        }
        let dual =
            inner.get("dual_property").is_some() || matches!(inner.text("type")?, Some("dual_property"));
        if dual {
            let path = inner.at("dual_property");
            let name = match inner.get("dual_property") {
                Some(dual) => Fields::of(dual, &path)?.text("synced_property_name")?.map(str::to_owned),
                None => None,
            };
            self.mirrors.push((slot, name));
        }
        Ok(Kind::Relation(Link { source, synced: None }))
    }

    /// Under the older version the database, later the data source, names the other end.
    fn relation_target(&self, inner: Fields<'_>) -> Result<Id, Failure> {
        let key = if self.version.is_old() { "database_id" } else { "data_source_id" };
        let Some(id) = inner.id(key)? else { return Err(Failure::expected(&inner.at(key), "defined", None)) };
        if self.version.is_old() {
            let database = self.state.databases.get(&id).filter(|_| self.state.sees(self.eyes, id));
            let Some(database) = database else { return Err(Failure::not_found("database", id)) };
            return self.state.only_source(database);
        }
        match self.state.sources.get(&id).filter(|_| self.state.sees(self.eyes, id)) {
            Some(source) => Ok(source.id),
            None => Err(Failure::not_found("data source", id)),
        }
    }

    fn rollup(&self, inner: Fields<'_>) -> Result<Kind, Failure> {
        let function = inner.text("function")?.unwrap_or_default();
        if !FUNCTIONS.contains(&function) {
            return Err(Failure::expected(&inner.at("function"), "a rollup function", inner.get("function")));
        }
        let named = |what: &str| -> Result<String, Failure> {
            let (id, name) = (format!("{what}_property_id"), format!("{what}_property_name"));
            let key = inner.text(&id)?.or(inner.text(&name)?);
            key.map(str::to_owned).ok_or_else(|| Failure::expected(&inner.at(&name), "defined", None))
        };
        let missing =
            |key: &str| Failure::validation(format!("Could not find property with name or id: {key}"));
        let key = named("relation")?;
        let relation = self.properties.iter().find(|property| property.name == key || property.is_id(&key));
        let Some(relation) = relation else { return Err(missing(&key)) };
        let Kind::Relation(link) = relation.kind else {
            return Err(Failure::validation(format!("{key} is expected to be relation.")));
        };
        let key = named("rollup")?;
        let other = self.state.sources.get(&link.source);
        let target = other.and_then(|other| other.property(&key)).ok_or_else(|| missing(&key))?;
        Ok(Kind::Rollup(Roll { function: function.to_owned(), relation: relation.slot, target: target.slot }))
    }
}

fn type_of<'b>(fields: Fields<'b>) -> Result<Option<&'static str>, Failure> {
    let named = fields.text("type")?;
    let found = TYPES.into_iter().find(|kind| match named {
        Some(named) => named == *kind,
        None => fields.get(kind).is_some(),
    });
    if let (Some(_), None) = (named, found) {
        return Err(Failure::expected(&fields.at("type"), "a known property type", fields.get("type")));
    }
    Ok(found)
}

impl Drafted {
    /// As the beginning of a new schema: nobody is told of it.
    pub(crate) fn quiet(mut self) -> Self {
        self.changes.clear();
        self
    }
}

/// Four characters, some of which need percent-encoding: as Notion's.
pub(crate) fn property_id(dice: &mut Dice) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:;<=>?@[]^`{|}~\\_";
    (0..4).filter_map(|_| dice.pick(ALPHABET).map(|byte| char::from(*byte))).collect()
}
