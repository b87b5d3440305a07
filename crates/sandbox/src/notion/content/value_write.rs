//! Values as clients write them: read against the schema, all of them before any is stored (Notion facts 7 and 10).

use super::date::Span;
use super::model::{Parent, Source, TITLE};
use super::rich::Rich;
use super::schema::{Choice, Kind, Link, Property};
use super::state::{Eyes, State};
use super::value::{File, Val};
use crate::notion::check::{Fields, short_list, short_text};
use crate::notion::error::Failure;
use crate::notion::id::Id;
use serde_json::{Value, json};

/// How many references of one kind a request may carry.
const REFERENCES: usize = 100;

/// A value to be stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edit {
    pub(crate) slot: u16,
    pub(crate) new: New,
}

/// What to store. Options that do not exist yet are made when it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum New {
    Clear,
    Val(Val),
    Choice(NewChoice),
    Choices(Vec<NewChoice>),
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewChoice {
    Known(u32),
    Named(String),
}

/// Somebody who reads what a client wrote.
pub(crate) struct Writer<'a> {
    state: &'a State,
    eyes: Eyes<'a>,
    author: Id,
    /// Options, pages and people so far.
    counted: [usize; 3],
}

impl<'a> Writer<'a> {
    /// Nothing read yet.
    pub(crate) fn new(state: &'a State, eyes: Eyes<'a>, author: Id) -> Self {
        Self { state, eyes, author, counted: [0; 3] }
    }

    /// Reads `properties` of a row of `source`.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn row(&mut self, source: &Source, value: &Value, path: &str) -> Result<Vec<Edit>, Failure> {
        let fields = Fields::of(value, path)?;
        let mut edits: Vec<Edit> = Vec::with_capacity(fields.map.len());
        for (key, value) in fields.map {
            let Some(property) = source.property(key) else {
                return Err(Failure::validation(format!("{key} is not a property that exists.")));
            };
            let new = self.property(property, value, &fields.at(key))?;
            if edits.iter().any(|edit| edit.slot == property.slot) {
                return Err(Failure::validation(format!("{key} is given twice, by its name and by its id.")));
            }
            edits.push(Edit { slot: property.slot, new });
        }
        Ok(edits)
    }

    /// Reads `properties` of a page that is no row.
    ///
    /// # Errors
    /// What is wrong, with its path.
    pub(crate) fn lone_page(
        &self,
        value: &Value,
        path: &str,
        only_title: bool,
    ) -> Result<Vec<Edit>, Failure> {
        let fields = Fields::of(value, path)?;
        let mut edits = Vec::new();
        for (key, value) in fields.map {
            if key != "title" {
                if only_title {
                    return Err(Failure::validation(format!("{key} is not a property that exists.")));
                }
                continue;
            }
            let path = fields.at(key);
            // `{"title": [...]}` or `{"title": {"title": [...]}}`.
            let (text, path) = match value.get("title") {
                Some(inner) => (inner, format!("{path}.title")),
                None => (value, path),
            };
            edits.push(Edit { slot: TITLE, new: rich(Rich::parse(text, &path)?) });
        }
        Ok(edits)
    }

    fn property(&mut self, property: &Property, value: &Value, path: &str) -> Result<New, Failure> {
        let kind = property.kind.name();
        if property.kind.is_read_only() {
            return Err(Failure::validation(format!(
                "{} is a {kind} property: its value is computed and cannot be written.",
                property.name
            )));
        }
        let mismatch = || Failure::validation(format!("{} is expected to be {kind}.", property.name));
        if value.is_null() {
            return Err(Failure::expected(path, "an object", Some(value)));
        }
        // `"Name": [...]` without the type is taken for titles and texts only.
        let inner = match (value, &property.kind) {
            (Value::Array(_), Kind::Title | Kind::RichText) => return Ok(rich(Rich::parse(value, path)?)),
            (Value::Object(map), _) => {
                if map.get("type").is_some_and(|given| given != kind) {
                    return Err(mismatch());
                }
                map.get(kind).ok_or_else(mismatch)?
            }
            _ => return Err(Failure::expected(path, "an object", Some(value))),
        };
        let path = format!("{path}.{kind}");
        self.inner(&property.kind, inner, &path)
    }

    fn inner(&mut self, kind: &Kind, value: &Value, path: &str) -> Result<New, Failure> {
        match kind {
            Kind::Title | Kind::RichText => return Ok(rich(Rich::parse(value, path)?)),
            Kind::MultiSelect(_) => return self.choices(kind.choices(), value, path),
            Kind::People => return self.people(value, path),
            Kind::Relation(link) => return self.relation(*link, value, path),
            Kind::Files => return files(value, path),
            Kind::Checkbox => {
                let flag =
                    value.as_bool().ok_or_else(|| Failure::expected(path, "a boolean", Some(value)))?;
                return Ok(if flag { New::Val(Val::Checked) } else { New::Clear });
            }
            _ if value.is_null() => return Ok(New::Clear),
            _ => {}
        }
        match kind {
            Kind::Number(_) => {
                let number = value.as_f64();
                number
                    .map(|number| New::Val(Val::Number(number)))
                    .ok_or_else(|| or_null(path, "a number", value))
            }
            Kind::Select(choices) => choice(choices, value, path, true).map(New::Choice),
            Kind::Status(choices, _) => choice(choices, value, path, false).map(New::Choice),
            Kind::Date => Ok(New::Val(Val::Date(Box::new(Span::parse(value, path)?)))),
            Kind::Url => text(value, path, 2000),
            Kind::Email | Kind::PhoneNumber => text(value, path, 200),
            Kind::Place => place(value, path),
            Kind::Verification => self.verification(value, path),
            _ => Ok(New::Clear),
        }
    }

    /// Counts references: the limit is per request, not per property.
    fn count(&mut self, which: usize, more: usize, path: &str) -> Result<(), Failure> {
        self.counted[which] += more;
        if self.counted[which] > REFERENCES {
            return Err(Failure::validation(format!(
                "body failed validation: {path}.length should be ≤ `{REFERENCES}` in one request, instead was `{}`.",
                self.counted[which]
            )));
        }
        Ok(())
    }

    fn choices(&mut self, choices: &[Choice], value: &Value, path: &str) -> Result<New, Failure> {
        let items = short_list(value, path, REFERENCES)?;
        self.count(0, items.len(), path)?;
        let mut chosen = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let one = choice(choices, item, &format!("{path}[{index}]"), true)?;
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
        Ok(if chosen.is_empty() { New::Clear } else { New::Choices(chosen) })
    }

    fn people(&mut self, value: &Value, path: &str) -> Result<New, Failure> {
        let ids = ids(value, path)?;
        self.count(2, ids.len(), path)?;
        match ids.iter().find(|id| !self.state.is_user(self.eyes.workspace(), **id)) {
            Some(stranger) => Err(Failure::validation(format!("Could not find user with ID: {stranger}."))),
            None => Ok(of_ids(ids)),
        }
    }

    fn relation(&mut self, link: Link, value: &Value, path: &str) -> Result<New, Failure> {
        let ids = ids(value, path)?;
        self.count(1, ids.len(), path)?;
        for id in &ids {
            let page = self.state.pages.get(id).filter(|_| self.state.sees(self.eyes, *id));
            let Some(page) = page else { return Err(Failure::not_found("page", *id)) };
            if page.parent != Parent::Source(link.source) {
                return Err(Failure::validation(format!(
                    "Page with ID {id} is not in the data source of the relation, {}.",
                    link.source
                )));
            }
        }
        Ok(of_ids(ids))
    }

    fn verification(&self, value: &Value, path: &str) -> Result<New, Failure> {
        let fields = Fields::of(value, path)?;
        match fields.text("state")? {
            Some("verified") => {
                let date = match fields.get("date") {
                    None | Some(Value::Null) => Value::Null,
                    Some(date) => Span::parse(date, &fields.at("date"))?.render(),
                };
                let by = json!({ "object": "user", "id": self.author });
                let value = json!({ "state": "verified", "date": date, "verified_by": by });
                Ok(New::Val(Val::Json(Box::new(value))))
            }
            Some("unverified") => {
                let value = json!({ "state": "unverified", "date": null, "verified_by": null });
                Ok(New::Val(Val::Json(Box::new(value))))
            }
            _ => {
                let what = "`\"verified\"` or `\"unverified\"`";
                Err(Failure::expected(&fields.at("state"), what, fields.get("state")))
            }
        }
    }
}

fn or_null(path: &str, what: &str, value: &Value) -> Failure {
    Failure::expected(path, &format!("{what} or `null`"), Some(value))
}

fn rich(rich: Rich) -> New {
    if rich.is_empty() { New::Clear } else { New::Val(Val::Rich(rich)) }
}

fn of_ids(ids: Vec<Id>) -> New {
    if ids.is_empty() { New::Clear } else { New::Val(Val::Ids(ids)) }
}

fn text(value: &Value, path: &str, most: usize) -> Result<New, Failure> {
    if !value.is_string() {
        return Err(or_null(path, "a string", value));
    }
    let text = short_text(value, path, most)?;
    Ok(if text.is_empty() { New::Clear } else { New::Val(Val::Text(text.into())) })
}

fn ids(value: &Value, path: &str) -> Result<Vec<Id>, Failure> {
    let items = short_list(value, path, REFERENCES)?;
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let fields = Fields::of(item, &path)?;
        let Some(id) = fields.id("id")? else {
            return Err(Failure::expected(&fields.at("id"), "defined", None));
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn choice(choices: &[Choice], value: &Value, path: &str, may_add: bool) -> Result<NewChoice, Failure> {
    let fields = Fields::of(value, path)?;
    if let Some(id) = fields.text("id")? {
        let known = choices.iter().find(|choice| choice.id == id);
        return known.map(|choice| NewChoice::Known(choice.number)).ok_or_else(|| {
            Failure::validation(format!("{path}.id: option with ID \"{id}\" does not exist."))
        });
    }
    let Some(name) = fields.text("name")? else {
        return Err(Failure::expected(&fields.at("name"), "defined", None));
    };
    if let Some(choice) = choices.iter().find(|choice| choice.name == name) {
        return Ok(NewChoice::Known(choice.number));
    }
    if !may_add {
        return Err(Failure::validation(format!(
            "Invalid status option. Status option \"{name}\" does not exist."
        )));
    }
    if name.contains(',') {
        return Err(Failure::validation(format!("Invalid select option, commas not allowed: {name}")));
    }
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Failure::expected(
            &fields.at("name"),
            "a string of 1 to 100 characters",
            fields.get("name"),
        ));
    }
    Ok(NewChoice::Named(name.to_owned()))
}

fn files(value: &Value, path: &str) -> Result<New, Failure> {
    let items = short_list(value, path, 100)?;
    let mut files = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        files.push(file(item, &format!("{path}[{index}]"))?);
    }
    Ok(if files.is_empty() { New::Clear } else { New::Val(Val::Files(files.into())) })
}

fn file(item: &Value, path: &str) -> Result<File, Failure> {
    let fields = Fields::of(item, path)?;
    let name = fields.text("name")?;
    if let Some(upload) = fields.get("file_upload") {
        let path = fields.at("file_upload");
        let id = Fields::of(upload, &path)?.id("id")?;
        return Err(Failure::validation(format!("{path}: there is no uploaded file {}.", json!(id))));
    }
    let key = if fields.get("external").is_some() { "external" } else { "file" };
    let path = fields.at(key);
    let Some(inner) = fields.get(key) else { return Err(Failure::expected(&path, "defined", None)) };
    let inner = Fields::of(inner, &path)?;
    let Some(url) = inner.get("url") else {
        return Err(Failure::expected(&inner.at("url"), "defined", None));
    };
    let url = short_text(url, &inner.at("url"), 2000)?;
    let name = name.unwrap_or(url).to_owned();
    // A hosted file that is written back keeps its place.
    let hosted = (key == "file").then(|| url.split('/').find_map(Id::parse)).flatten();
    Ok(match hosted {
        Some(id) => File::Hosted { name, id },
        None => File::External { name, url: url.to_owned() },
    })
}

fn place(value: &Value, path: &str) -> Result<New, Failure> {
    let fields = Fields::of(value, path)?;
    for key in ["lat", "lon"] {
        if !fields.get(key).is_some_and(Value::is_number) {
            return Err(Failure::expected(&fields.at(key), "a number", fields.get(key)));
        }
    }
    for key in ["name", "address"] {
        if !matches!(fields.get(key), None | Some(Value::Null)) {
            fields.text(key)?;
        }
    }
    Ok(New::Val(Val::Json(Box::new(value.clone()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_and_empty_ones_are_no_value() {
        assert_eq!(text(&json!(""), "body.x", 5), Ok(New::Clear));
        assert_eq!(text(&json!("a"), "body.x", 5), Ok(New::Val(Val::Text("a".into()))));
        assert!(text(&json!("abcdef"), "body.x", 5).expect_err("long").message.contains("≤ `5`"));
        assert!(text(&json!(5), "body.x", 5).expect_err("wrong").message.contains("a string or `null`"));
    }

    #[test]
    fn options_are_found_by_name_or_id_and_new_ones_named() {
        let choices = [Choice {
            number: 7,
            id: "i".to_owned(),
            name: "Hot".to_owned(),
            color: "red".to_owned(),
            description: None,
            group: 0,
        }];
        let read = |value: Value, may_add| choice(&choices, &value, "body.x", may_add);
        assert_eq!(read(json!({"name": "Hot"}), false), Ok(NewChoice::Known(7)));
        assert_eq!(read(json!({"id": "i"}), false), Ok(NewChoice::Known(7)));
        assert_eq!(read(json!({"name": "Cold"}), true), Ok(NewChoice::Named("Cold".to_owned())));
        for (wrong, may_add) in [
            (json!({"name": "Cold"}), false),
            (json!({"id": "j"}), true),
            (json!({"name": "a,b"}), true),
            (json!("Hot"), true),
            (json!({}), true),
        ] {
            assert!(read(wrong.clone(), may_add).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hosted_files_that_are_written_back_stay_hosted() {
        let id = "0123abcd-4567-4890-abcd-ef0123456789";
        let hosted =
            json!({"name": "a.pdf", "type": "file", "file": {"url": format!("https://s3/{id}/a.pdf?X=1")}});
        assert_eq!(
            file(&hosted, "body.x"),
            Ok(File::Hosted { name: "a.pdf".to_owned(), id: Id::parse(id).expect("a UUID") })
        );
        assert!(file(&json!({"name": "a"}), "body.x").is_err());
        assert!(file(&json!({"file_upload": {"id": id}}), "body.x").is_err());
    }
}
