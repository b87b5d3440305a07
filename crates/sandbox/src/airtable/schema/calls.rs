//! `/v0/meta/…`

use super::build;
use super::changes::Naming;
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::auth::{Access, Caller};
use crate::airtable::call::{Call, given};
use crate::airtable::commit::Act;
use crate::airtable::ids;
use crate::airtable::model::base::Base;
use crate::airtable::model::options::field_json;
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::Settings;
use serde_json::{Map, Value, json};

/// What a PATCH of a table or a field carries.
fn naming(body: &Map<String, Value>) -> Result<Naming, Problem> {
    if let Some(other) = body.keys().find(|key| !matches!(key.as_str(), "name" | "description")) {
        return Err(Problem::invalid_request(format!("{other} cannot be changed")));
    }
    let body = Value::Object(body.clone());
    let name = match &body["name"] {
        Value::Null => None,
        _ => Some(build::name(&body, "DUPLICATE_OR_EMPTY_FIELD_NAME")?),
    };
    Ok(Naming { name, description: build::description(&body)? })
}

impl Airtable {
    /// The email is told to those who may see it, the scopes to OAuth tokens.
    pub(in crate::airtable) fn whoami(&self, caller: &Caller) -> Reply {
        let world = self.world.read();
        let user = &world.users[caller.user];
        let mut json = json!({ "id": user.id });
        if caller.scopes.has(Scope::ReadEmail) {
            json["email"] = json!(user.email);
        }
        if caller.access != Access::Everything {
            json["scopes"] = json!(caller.scopes.names());
        }
        Reply::Json(json)
    }

    pub(in crate::airtable) fn list_bases(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ReadSchema)?;
        let world = self.world.read();
        let bases: Vec<&Base> = world.bases.iter().filter(|base| caller.sees(base)).collect();
        let from = match call.param("offset") {
            None => 0,
            Some(offset) => {
                let id = offset.split_once('/').filter(|(itr, _)| ids::is(itr, "itr")).map(|(_, id)| id);
                let position = id.and_then(|id| bases.iter().position(|base| base.id == id));
                position.ok_or_else(|| Problem::invalid_offset(offset))?
            }
        };
        let mut rest = bases.into_iter().skip(from);
        let page: Vec<Value> = rest
            .by_ref()
            .take(settings.schema.bases_per_page.max(1))
            .map(|base| {
                let level = base.level(caller.user).name();
                json!({ "id": base.id, "name": base.name, "permissionLevel": level })
            })
            .collect();
        let mut json = json!({ "bases": page });
        if let Some(next) = rest.next() {
            json["offset"] = json!(format!("{}/{}", ids::throw(&mut self.dice.lock(), "itr"), next.id));
        }
        Ok(Reply::Json(json))
    }

    pub(in crate::airtable) fn list_tables(
        &self,
        call: &Call,
        caller: &Caller,
        base: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ReadSchema)?;
        let world = self.world.read();
        let base = &world.bases[caller.base(&world, base, Level::Read)?];
        let visible =
            call.list("include").iter().any(|part| part.split(',').any(|part| part == "visibleFieldIds"));
        let tables: Vec<Value> =
            base.live_tables().map(|(number, _)| build::table_json(base, number, visible)).collect();
        Ok(Reply::Json(json!({ "tables": tables })))
    }

    pub(in crate::airtable) fn create_base(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteSchema)?;
        let body = call.json(&settings.errors)?;
        let mut world = self.world.write();
        let mut dice = self.dice.lock();
        let workspace = given(&body, "workspaceId").ok_or_else(|| Problem::missing("workspaceId"))?;
        if workspace.as_str() != Some(&world.workspace) {
            return Err(Problem::forbidden_or_missing());
        }
        let body = Value::Object(body);
        let name = build::name(&body, "INVALID_REQUEST_UNKNOWN")?;
        let tables = body["tables"].as_array().filter(|tables| !tables.is_empty());
        let tables = tables.ok_or_else(|| Problem::missing("tables"))?;
        let mut levels = vec![Level::None; world.users.len()];
        levels[caller.user] = Level::Create;
        let mut base = Base::new(ids::throw(&mut dice, "app"), name, levels);
        for table in tables {
            let new = build::table(&base, table, &mut dice)?;
            build::add_table(&mut base, new, &mut dice);
        }
        let tables: Vec<Value> =
            base.live_tables().map(|(number, _)| build::table_json(&base, number, false)).collect();
        let json = json!({ "id": base.id, "tables": tables });
        // Whoever holds the grants may be waiting for the dice.
        drop(dice);
        if let Access::Picked { integration, .. } = &caller.access {
            // Whoever made a base can get at it.
            let id = base.id.clone();
            self.grants.write().change_bases(
                |grant| grant.user == caller.user && grant.integration == *integration,
                |bases| bases.push(id.clone()),
            );
        }
        world.bases.push(base);
        Ok(Reply::Json(json))
    }

    pub(in crate::airtable) fn create_table(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteSchema)?;
        let mut world = self.world.write();
        let base = caller.base(&world, base, Level::Create)?;
        let body = Value::Object(call.json(&settings.errors)?);
        let mut dice = self.dice.lock();
        let new = build::table(&world.bases[base], &body, &mut dice)?;
        let number = self.add_table(&mut world, &Act::by_api(caller, base), new, settings, &mut dice);
        Ok(Reply::Json(build::table_json(&world.bases[base], number, false)))
    }

    pub(in crate::airtable) fn patch_table(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteSchema)?;
        let mut world = self.world.write();
        let (base, table) = caller.table(&world, base, table, Level::Create)?;
        let naming = naming(&call.json(&settings.errors)?)?;
        let taken = naming.name.as_ref().and_then(|name| world.bases[base].table_named(name));
        if taken.is_some_and(|other| other != table) {
            return Err(Problem::typed(422, "DUPLICATE_TABLE_NAME", "There is a table of this name already"));
        }
        self.rename_table(&mut world, &Act::by_api(caller, base), table, naming, settings);
        Ok(Reply::Json(build::table_json(&world.bases[base], table, false)))
    }

    pub(in crate::airtable) fn create_field(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteSchema)?;
        let mut world = self.world.write();
        let (base, table) = caller.table(&world, base, table, Level::Create)?;
        let body = Value::Object(call.json(&settings.errors)?);
        let mut dice = self.dice.lock();
        let new = build::field(&world.bases[base], &body, &mut dice)?;
        if world.bases[base].tables[table].live_fields().any(|(_, field)| field.name == new.name) {
            return Err(build::duplicate_field(&new.name));
        }
        let slot = self.add_field(&mut world, &Act::by_api(caller, base), table, new, settings, &mut dice);
        let base = &world.bases[base];
        Ok(Reply::Json(field_json(base, table, &base.tables[table].fields[usize::from(slot)])))
    }

    pub(in crate::airtable) fn patch_field(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        (table, field): (&str, &str),
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteSchema)?;
        let mut world = self.world.write();
        let (base, table) = caller.table(&world, base, table, Level::Create)?;
        let slot = world.bases[base].tables[table].field(field).ok_or_else(Problem::forbidden_or_missing)?;
        let naming = naming(&call.json(&settings.errors)?)?;
        if let Some(name) = &naming.name
            && world.bases[base].tables[table].field_named(name).is_some_and(|other| other != slot)
        {
            return Err(build::duplicate_field(name));
        }
        self.rename_field(&mut world, &Act::by_api(caller, base), (table, slot), naming, settings);
        let base = &world.bases[base];
        Ok(Reply::Json(field_json(base, table, &base.tables[table].fields[usize::from(slot)])))
    }
}
