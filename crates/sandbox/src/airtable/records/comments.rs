//! Comments on records (Airtable facts 5).

use crate::airtable::Airtable;
use crate::airtable::accounts::{Level, User};
use crate::airtable::auth::Caller;
use crate::airtable::call::{Call, given};
use crate::airtable::ids::{self, RecordId};
use crate::airtable::model::base::World;
use crate::airtable::model::table::Comment;
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::Settings;
use crate::house::clock::iso;
use serde_json::{Map, Value, json};

/// Base, table and row by number.
type Place = (usize, usize, u32);

fn place(
    caller: &Caller,
    world: &World,
    (base, table, record): (&str, &str, &str),
    level: Level,
) -> Result<Place, Problem> {
    let (base, table) = caller.table(world, base, table, level)?;
    let number = RecordId::parse(record).and_then(|id| world.bases[base].tables[table].number(id));
    Ok((base, table, number.ok_or_else(Problem::not_found)?))
}

/// The users named in a text: `@[usr…]`.
fn mentioned(text: &str, users: &[User]) -> Map<String, Value> {
    let parts = text.split("@[").skip(1).filter_map(|part| part.split(']').next());
    let known = parts.filter_map(|id| users.iter().find(|user| user.id == id));
    known
        .map(|user| {
            let json =
                json!({ "id": user.id, "type": "user", "displayName": user.name, "email": user.email });
            (user.id.clone(), json)
        })
        .collect()
}

fn comment_json(comment: &Comment, users: &[User]) -> Value {
    let mut json = json!({
        "id": comment.id, "text": comment.text, "createdTime": iso(comment.created),
        "lastUpdatedTime": comment.updated.map(iso), "author": users[comment.author].collaborator(), "reactions": [],
    });
    let mentioned = mentioned(&comment.text, users);
    if !mentioned.is_empty() {
        json["mentioned"] = Value::Object(mentioned);
    }
    if let Some(parent) = &comment.parent {
        json["parentCommentId"] = json!(parent);
    }
    json
}

/// The text a body carries.
fn text(body: &Map<String, Value>) -> Result<String, Problem> {
    let text = given(body, "text").ok_or_else(|| Problem::missing("text"))?;
    let text = text.as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| Problem::invalid_request("text must be a text that is not empty"))
}

impl Airtable {
    /// Newest first.
    pub(in crate::airtable) fn list_comments(
        &self,
        call: &Call,
        caller: &Caller,
        at: (&str, &str, &str),
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ReadComments)?;
        let world = self.world.read();
        let (base, table, number) = place(caller, &world, at, Level::Read)?;
        let none = Vec::new();
        let comments = world.bases[base].tables[table].comments.get(&number).unwrap_or(&none);
        let size = match call.param("pageSize").map(str::parse) {
            None => 100,
            Some(Ok(size)) if (1..=100).contains(&size) => size,
            Some(_) => return Err(Problem::invalid_request("pageSize must be a number from 1 to 100")),
        };
        // The offset names the first comment of its page, so that comments written meanwhile do not shift the pages.
        let from = match call.param("offset") {
            None => 0,
            Some(offset) => {
                let found = comments.iter().rev().position(|comment| comment.id == offset);
                found.ok_or_else(|| Problem::invalid_offset(offset))?
            }
        };
        let mut rest = comments.iter().rev().skip(from);
        let page: Vec<Value> =
            rest.by_ref().take(size).map(|comment| comment_json(comment, &world.users)).collect();
        let offset = rest.next().map(|comment| comment.id.clone());
        Ok(Reply::Json(json!({ "comments": page, "offset": offset })))
    }

    pub(in crate::airtable) fn create_comment(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        at: (&str, &str, &str),
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteComments)?;
        let mut world = self.world.write();
        let (base, table, number) = place(caller, &world, at, Level::Comment)?;
        let body = call.json(&settings.errors)?;
        let text = text(&body)?;
        let World { bases, users, .. } = &mut *world;
        let comments = bases[base].tables[table].comments.entry(number).or_default();
        let parent = match given(&body, "parentCommentId") {
            None => None,
            Some(id) => {
                let known = comments.iter().find(|comment| Some(comment.id.as_str()) == id.as_str());
                let parent =
                    known.ok_or_else(|| Problem::invalid_request("There is no such parent comment"))?;
                Some(parent.id.clone())
            }
        };
        let comment = Comment {
            id: ids::throw(&mut self.dice.lock(), "com"),
            text,
            author: caller.user,
            created: self.house.now(),
            updated: None,
            parent,
        };
        let json = comment_json(&comment, users);
        comments.push(comment);
        Ok(Reply::Json(json))
    }

    /// Only one's own can be changed.
    pub(in crate::airtable) fn patch_comment(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        at: (&str, &str, &str),
        id: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteComments)?;
        let mut world = self.world.write();
        let (base, table, number) = place(caller, &world, at, Level::Comment)?;
        let text = text(&call.json(&settings.errors)?)?;
        let World { bases, users, .. } = &mut *world;
        let comments = bases[base].tables[table].comments.get_mut(&number).ok_or_else(Problem::not_found)?;
        let comment = comments.iter_mut().find(|comment| comment.id == id).ok_or_else(Problem::not_found)?;
        if comment.author != caller.user {
            return Err(Problem::forbidden());
        }
        comment.text = text;
        comment.updated = Some(self.house.now());
        Ok(Reply::Json(comment_json(comment, users)))
    }

    /// One's own, or, as a creator of the base, anybody's.
    pub(in crate::airtable) fn delete_comment(
        &self,
        caller: &Caller,
        at: (&str, &str, &str),
        id: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteComments)?;
        let mut world = self.world.write();
        let (base, table, number) = place(caller, &world, at, Level::Comment)?;
        let anybodys = world.bases[base].level(caller.user) == Level::Create;
        let comments =
            world.bases[base].tables[table].comments.get_mut(&number).ok_or_else(Problem::not_found)?;
        let position = comments.iter().position(|comment| comment.id == id).ok_or_else(Problem::not_found)?;
        if comments[position].author != caller.user && !anybodys {
            return Err(Problem::forbidden());
        }
        comments.remove(position);
        Ok(Reply::Json(json!({ "id": id, "deleted": true })))
    }
}
