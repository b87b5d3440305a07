//! Get, create, update and delete.

use super::body::{self, Body, Input};
use super::list::record;
use super::query::{Raw, Shape};
use super::upsert::{self, Found};
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::auth::Caller;
use crate::airtable::call::Call;
use crate::airtable::commit::Act;
use crate::airtable::ids::RecordId;
use crate::airtable::model::base::World;
use crate::airtable::model::cell::Cell;
use crate::airtable::model::compute::At;
use crate::airtable::model::plan::{Plan, Write};
use crate::airtable::model::table::Table;
use crate::airtable::model::write::{Writer, unknown_record};
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::Settings;
use crate::house::Dice;
use serde_json::{Value, json};

/// A plan, and which of its writes each record of the request became.
struct Planned {
    plan: Plan,
    order: Vec<usize>,
}

/// A PUT clears every field that it does not name and that can be written.
fn clear_others(table: &Table, cells: &mut Vec<(u16, Option<Cell>)>) {
    let named: Vec<u16> = cells.iter().map(|(field, _)| *field).collect();
    let others =
        table.live_fields().filter(|(slot, field)| !field.kind.is_computed() && !named.contains(slot));
    cells.extend(others.map(|(slot, _)| (slot, None)));
}

fn full(cells: Vec<(u16, Option<Cell>)>) -> Vec<(u16, Cell)> {
    cells.into_iter().filter_map(|(field, cell)| Some((field, cell?))).collect()
}

/// Where records are written, and how.
struct Target<'a> {
    world: &'a World,
    base: usize,
    table: usize,
    settings: &'a Settings,
    typecast: bool,
    replace: bool,
    merge: &'a [u16],
}

impl Target<'_> {
    fn table(&self) -> &Table {
        &self.world.bases[self.base].tables[self.table]
    }

    fn writer<'a>(&'a self, plan: &'a mut Plan, dice: &'a mut Dice) -> Writer<'a> {
        Writer {
            world: self.world,
            base: &self.world.bases[self.base],
            errors: &self.settings.errors,
            typecast: self.typecast,
            plan,
            dice,
        }
    }

    fn plan(&self, records: &[Input], create: bool, dice: &mut Dice) -> Result<Planned, Problem> {
        let mut planned = Planned { plan: Plan::new(self.table), order: Vec::with_capacity(records.len()) };
        for input in records {
            match (&input.id, create) {
                (_, true) => {
                    let cells = self.writer(&mut planned.plan, dice).cells(&input.fields, None)?;
                    planned.push(Write::Create(full(cells)));
                }
                (Some(id), false) => self.update(&mut planned, id, input, dice)?,
                (None, false) => self.upsert(&mut planned, input, dice)?,
            }
        }
        Ok(planned)
    }

    fn update(&self, planned: &mut Planned, id: &str, input: &Input, dice: &mut Dice) -> Result<(), Problem> {
        let number = RecordId::parse(id).and_then(|id| self.table().number(id));
        let number = number.ok_or_else(|| unknown_record(&self.settings.errors, id))?;
        let cells = self.writer(&mut planned.plan, dice).cells(&input.fields, Some(number))?;
        planned.push(self.write(number, cells));
        Ok(())
    }

    fn write(&self, number: u32, mut cells: Vec<(u16, Option<Cell>)>) -> Write {
        if self.replace {
            clear_others(self.table(), &mut cells);
        }
        Write::Update(number, cells)
    }

    fn upsert(&self, planned: &mut Planned, input: &Input, dice: &mut Dice) -> Result<(), Problem> {
        let cells = self.writer(&mut planned.plan, dice).cells(&input.fields, None)?;
        match upsert::find(self.table(), &planned.plan, self.merge, &cells)? {
            Found::Nothing => planned.push(Write::Create(full(cells))),
            Found::Row(number) => planned.push(self.write(number, cells)),
            Found::Several => {
                let message = "Several records match the fields to merge on";
                return Err(Problem::worded(&self.settings.errors.upsert_several, message));
            }
            Found::Earlier(write) => planned.merge(write, cells, self.replace),
        }
        Ok(())
    }
}

impl Planned {
    fn push(&mut self, write: Write) {
        self.order.push(self.plan.writes.len());
        self.plan.writes.push(write);
    }

    /// Two records of one request that mean the same one: the later one updates what the earlier one creates.
    fn merge(&mut self, write: usize, cells: Vec<(u16, Option<Cell>)>, replace: bool) {
        let next = self.plan.writes.len();
        for fetch in self.plan.fetches.iter_mut().filter(|fetch| fetch.write == next) {
            fetch.write = write;
        }
        self.order.push(write);
        let Some(Write::Create(known)) = self.plan.writes.get_mut(write) else { return };
        if replace {
            known.clear();
        }
        for (field, cell) in cells {
            known.retain(|(slot, _)| *slot != field);
            known.extend(cell.map(|cell| (field, cell)));
        }
    }
}

impl Airtable {
    pub(in crate::airtable) fn get_record(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        (base, table): (&str, &str),
        id: &str,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ReadRecords)?;
        let world = self.world.read();
        let (base, table) = caller.table(&world, base, table, Level::Read)?;
        let rows = &world.bases[base].tables[table];
        let shape = Raw::from_query(call).shape(rows, &settings.errors)?;
        let number = RecordId::parse(id).and_then(|id| rows.number(id)).ok_or_else(Problem::not_found)?;
        let row = rows.row(number).ok_or_else(Problem::not_found)?;
        let files = self.files(settings);
        let reader = self.reader(&world, base, &files);
        Ok(Reply::Json(record(&reader, At { table, number, row }, &Shape { fields: None, ..shape })))
    }

    pub(in crate::airtable) fn create(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        let body = || body::read(&call.json(&settings.errors)?, settings);
        self.write(caller, settings, (base, table), body, (true, false))
    }

    pub(in crate::airtable) fn update(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        place: (&str, &str),
        replace: bool,
    ) -> Result<Reply, Problem> {
        let body = || {
            let object = call.json(&settings.errors)?;
            if !object.contains_key("records") {
                return Err(Problem::missing("records"));
            }
            let body = body::read(&object, settings)?;
            if body.merge_on.is_none() && body.records.iter().any(|record| record.id.is_none()) {
                return Err(Problem::missing("id"));
            }
            Ok(body)
        };
        self.write(caller, settings, place, body, (false, replace))
    }

    pub(in crate::airtable) fn update_one(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        (base, table, id): (&str, &str, &str),
        replace: bool,
    ) -> Result<Reply, Problem> {
        let body = || {
            let mut object = call.json(&settings.errors)?;
            object.remove("records");
            object.insert("id".to_owned(), json!(id));
            let body = body::read(&object, settings)?;
            Ok(Body { merge_on: None, ..body })
        };
        self.write(caller, settings, (base, table), body, (false, replace))
    }

    fn write(
        &self,
        caller: &Caller,
        settings: &Settings,
        (base, table): (&str, &str),
        body: impl FnOnce() -> Result<Body, Problem>,
        (create, replace): (bool, bool),
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::WriteRecords)?;
        let mut world = self.world.write();
        let (base, table) = caller.table(&world, base, table, Level::Edit)?;
        let body = body()?;
        let rows = &world.bases[base].tables[table];
        if let Some(id) =
            body.records.iter().find_map(|record| record.id.as_ref()).filter(|_| body.single && !create)
            && RecordId::parse(id).and_then(|id| rows.number(id)).is_none()
        {
            return Err(Problem::not_found());
        }
        let merge = match &body.merge_on {
            Some(names) if !create => upsert::merge_fields(rows, names, settings)?,
            _ => Vec::new(),
        };
        let mut dice = self.dice.lock();
        let target =
            Target { world: &world, base, table, settings, typecast: body.typecast, replace, merge: &merge };
        let Planned { plan, order } = target.plan(&body.records, create, &mut dice)?;
        let creates: Vec<bool> = plan.writes.iter().map(|write| matches!(write, Write::Create(_))).collect();
        let details = self.failing(&plan.fetches, settings);
        let applied = self.commit(&mut world, &Act::by_api(caller, base), plan, settings, &mut dice);
        let numbers: Vec<u32> = order.iter().map(|write| applied.written[*write]).collect();
        let mut json = self.written(&world, (base, table), &numbers, &body, settings);
        if body.merge_on.is_some() && !create {
            let ids = |created: bool| -> Vec<String> {
                let mine = creates.iter().zip(&applied.written).filter(|(create, _)| **create == created);
                let rows = &world.bases[base].tables[table];
                mine.filter_map(|(_, number)| Some(rows.row(*number)?.id.to_string())).collect()
            };
            json["createdRecords"] = json!(ids(true));
            json["updatedRecords"] = json!(ids(false));
        }
        if let Some(details) = details {
            json["details"] = details;
        }
        Ok(Reply::Json(json))
    }

    fn written(
        &self,
        world: &World,
        (base, table): (usize, usize),
        numbers: &[u32],
        body: &Body,
        settings: &Settings,
    ) -> Value {
        let files = self.files(settings);
        let reader = self.reader(world, base, &files);
        let shape = Shape { by_id: body.by_id, ..Shape::default() };
        let rows = &world.bases[base].tables[table];
        let mut records = numbers
            .iter()
            .filter_map(|&number| Some(At { table, number, row: rows.row(number)? }))
            .map(|at| record(&reader, at, &shape));
        if body.single {
            return records.next().unwrap_or_default();
        }
        json!({ "records": records.collect::<Vec<_>>() })
    }

    pub(in crate::airtable) fn delete_one(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
        id: &str,
    ) -> Result<Reply, Problem> {
        let deleted = self.delete(caller, settings, base, table, &[id], &Problem::not_found())?;
        Ok(Reply::Json(deleted.into_iter().next().unwrap_or_default()))
    }

    pub(in crate::airtable) fn delete_some(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        let ids = call.list("records");
        if ids.is_empty() {
            return Err(Problem::invalid_request("records[] must name the records to delete"));
        }
        body::too_many(ids.len(), settings)?;
        let missing = unknown_record(&settings.errors, ids[0]);
        let deleted = self.delete(caller, settings, base, table, &ids, &missing)?;
        Ok(Reply::Json(json!({ "records": deleted })))
    }

    fn delete(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
        ids: &[&str],
        missing: &Problem,
    ) -> Result<Vec<Value>, Problem> {
        caller.needs(Scope::WriteRecords)?;
        let mut world = self.world.write();
        let (base, table) = caller.table(&world, base, table, Level::Edit)?;
        let mut plan = Plan::new(table);
        for id in ids {
            let number = RecordId::parse(id).and_then(|id| world.bases[base].tables[table].number(id));
            let number = number.ok_or_else(|| match missing.status {
                404 => missing.clone(),
                _ => unknown_record(&settings.errors, id),
            })?;
            if !plan.writes.contains(&Write::Delete(number)) {
                plan.writes.push(Write::Delete(number));
            }
        }
        self.commit(&mut world, &Act::by_api(caller, base), plan, settings, &mut self.dice.lock());
        Ok(ids.iter().map(|id| json!({ "id": id, "deleted": true })).collect())
    }
}
