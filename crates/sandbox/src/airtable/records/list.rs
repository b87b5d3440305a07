//! Lists of records, page by page.

use super::iterators::{Iteration, Lost, Place, Sequence};
use super::query::{Query, Raw, Shape};
use crate::airtable::Airtable;
use crate::airtable::accounts::Level;
use crate::airtable::auth::Caller;
use crate::airtable::call::Call;
use crate::airtable::formula::Val;
use crate::airtable::model::base::World;
use crate::airtable::model::compute::At;
use crate::airtable::model::read::Reader;
use crate::airtable::oauth::scopes::Scope;
use crate::airtable::problem::Problem;
use crate::airtable::routes::Reply;
use crate::airtable::settings::{Order, Settings};
use crate::house::clock::iso;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// A record on the wire. Empty cells are absent.
pub(super) fn record(reader: &Reader<'_>, at: At<'_>, shape: &Shape) -> Value {
    let table = &reader.base.tables[at.table];
    let mut fields = Map::new();
    let mut put = |slot: u16| {
        let value = match &shape.audience {
            Some(audience) => reader.string(at, slot, audience).map(Value::String),
            None => reader.cell(at, slot),
        };
        let field = &table.fields[usize::from(slot)];
        if let Some(value) = value {
            fields.insert(if shape.by_id { field.id.clone() } else { field.name.clone() }, value);
        }
    };
    match &shape.fields {
        Some(slots) => slots.iter().for_each(|slot| put(*slot)),
        None => table.live_fields().for_each(|(slot, _)| put(slot)),
    }
    let mut json = Map::new();
    json.insert("id".to_owned(), json!(at.row.id.to_string()));
    json.insert("createdTime".to_owned(), json!(iso(at.row.created)));
    json.insert("fields".to_owned(), Value::Object(fields));
    if shape.comment_count {
        let many = table.comments.get(&at.number).map_or(0, Vec::len);
        json.insert("commentCount".to_owned(), json!(many));
    }
    Value::Object(json)
}

/// Which records a page has, and where the next one begins.
struct Page {
    numbers: Vec<u32>,
    next: Option<u32>,
}

impl Airtable {
    pub(in crate::airtable) fn list(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        self.list_as(caller, settings, base, table, || Ok(Raw::from_query(call)))
    }

    pub(in crate::airtable) fn list_by_post(
        &self,
        call: &Call,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
    ) -> Result<Reply, Problem> {
        self.list_as(caller, settings, base, table, || Raw::from_body(call, &call.json(&settings.errors)?))
    }

    fn list_as(
        &self,
        caller: &Caller,
        settings: &Settings,
        base: &str,
        table: &str,
        raw: impl FnOnce() -> Result<Raw, Problem>,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::ReadRecords)?;
        let world = self.world.read();
        let (base, table) = caller.table(&world, base, table, Level::Read)?;
        let query = raw()?.query(&world.bases[base].tables[table], &settings.errors)?;
        let files = self.files(settings);
        let reader = self.reader(&world, base, &files);
        let (page, offset) = self.page_of(&world, &reader, (base, table), &query, settings)?;
        let rows = &world.bases[base].tables[table];
        let records: Vec<Value> = page
            .numbers
            .into_iter()
            .filter_map(|number| Some(At { table, number, row: rows.row(number)? }))
            .map(|at| record(&reader, at, &query.shape))
            .collect();
        let mut json = json!({ "records": records });
        if let Some(offset) = offset {
            json["offset"] = json!(offset);
        }
        Ok(Reply::Json(json))
    }

    fn page_of(
        &self,
        world: &World,
        reader: &Reader<'_>,
        (base, table): (usize, usize),
        query: &Query,
        settings: &Settings,
    ) -> Result<(Page, Option<String>), Problem> {
        let (now, id) = (self.house.now(), &world.bases[base].id);
        let idle = settings.lists.iterator_idle_secs.saturating_mul(1_000);
        let found = match &query.offset {
            None => None,
            Some(offset) => {
                let found = self.iterators.lock().find(offset, now, idle).map_err(|lost| match lost {
                    Lost::Invalid => Problem::invalid_offset(offset),
                    Lost::Gone => Problem::iterator_gone(),
                })?;
                if found.1.base != *id || found.1.table != table {
                    return Err(Problem::invalid_offset(offset));
                }
                Some(found)
            }
        };
        let place = found.as_ref().map(|(_, _, place)| *place);
        let sequence = match &found {
            Some((_, iteration, _)) => iteration.sequence.clone(),
            None => first_sequence(reader, table, query, settings),
        };
        let given = place.map_or(0, |place| place.given);
        let left = query.max_records.map_or(usize::MAX, |most| most.saturating_sub(given));
        let page = cut(reader, table, query, settings, &sequence, place, query.page_size.min(left));
        let given = given + page.numbers.len();
        let row = page.next.and_then(|next| world.bases[base].tables[table].row(next));
        let goes_on = row.filter(|_| query.max_records.is_none_or(|most| given < most));
        let offset = goes_on.map(|row| {
            let place = Place { record: row.id, number: page.next.unwrap_or(0), given };
            let mut iterators = self.iterators.lock();
            match found {
                Some((id, _, _)) => iterators.go_on(&id, place),
                None => {
                    let iteration = Iteration { base: id.clone(), table, sequence };
                    iterators.begin(iteration, place, now, &mut self.dice.lock())
                }
            }
        });
        Ok((page, offset))
    }
}

/// Whether records come in the order of their ids.
fn is_arbitrary(query: &Query, settings: &Settings) -> bool {
    !query.in_view && settings.lists.order == Order::Arbitrary
}

/// What a new list will run through. One without a sort and a filter needs no list of its own.
fn first_sequence(reader: &Reader<'_>, table: usize, query: &Query, settings: &Settings) -> Sequence {
    if !settings.lists.snapshot {
        return Sequence::Live;
    }
    let below = reader.base.tables[table].next_number();
    if query.sort.is_empty() && query.filter.is_none() {
        return if is_arbitrary(query, settings) {
            Sequence::ById { below }
        } else {
            Sequence::ByAge { below }
        };
    }
    Sequence::Fixed(matches(reader, table, query, settings).into())
}

/// All records that match, in order.
fn matches(reader: &Reader<'_>, table: usize, query: &Query, settings: &Settings) -> Vec<u32> {
    let rows = &reader.base.tables[table];
    let keeps = |number: u32, row| match &query.filter {
        None => true,
        Some(filter) => reader.evaluate(At { table, number, row }, filter).is_true(),
    };
    let unsorted: Vec<(u32, _)> = if is_arbitrary(query, settings) {
        rows.rows_by_id(None).filter(|(number, row)| keeps(*number, row)).collect()
    } else {
        rows.rows_from(0).filter(|(number, row)| keeps(*number, row)).collect()
    };
    if query.sort.is_empty() {
        return unsorted.into_iter().map(|(number, _)| number).collect();
    }
    let key = |number: u32, row| -> Vec<Val> {
        query.sort.iter().map(|(field, _)| reader.sort_key(At { table, number, row }, *field)).collect()
    };
    let mut keyed: Vec<(Vec<Val>, u32)> =
        unsorted.into_iter().map(|(number, row)| (key(number, row), number)).collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let parts = a.iter().zip(b).zip(&query.sort).map(|((a, b), (_, down))| {
            let order = compare(a, b);
            if *down { order.reverse() } else { order }
        });
        parts.fold(Ordering::Equal, Ordering::then)
    });
    keyed.into_iter().map(|(_, number)| number).collect()
}

/// Empty cells come first.
fn compare(a: &Val, b: &Val) -> Ordering {
    match (a, b) {
        (Val::Blank, Val::Blank) => Ordering::Equal,
        (Val::Blank, _) => Ordering::Less,
        (_, Val::Blank) => Ordering::Greater,
        (Val::Number(a), Val::Number(b)) => a.total_cmp(b),
        (Val::Time(a, _), Val::Time(b, _)) => a.cmp(b),
        (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
        (a, b) => {
            let (a, b) = (a.to_text(), b.to_text());
            a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(&b))
        }
    }
}

/// One page out of a sequence. Records deleted meanwhile are passed over.
fn cut(
    reader: &Reader<'_>,
    table: usize,
    query: &Query,
    settings: &Settings,
    sequence: &Sequence,
    place: Option<Place>,
    size: usize,
) -> Page {
    let rows = &reader.base.tables[table];
    let fixed = |list: &[u32], from: usize| {
        let rest = list.get(from..).unwrap_or_default();
        take(rest.iter().copied().filter(|number| rows.row(*number).is_some()), size)
    };
    match sequence {
        Sequence::ById { below } => {
            let from = rows.rows_by_id(place.map(|place| place.record));
            take(from.map(|(number, _)| number).filter(|number| number < below), size)
        }
        Sequence::ByAge { below } => {
            let from = rows.rows_from(place.map_or(0, |place| place.number));
            take(from.map(|(number, _)| number).filter(|number| number < below), size)
        }
        Sequence::Fixed(list) => fixed(list, from_place(list, place)),
        Sequence::Live => {
            let list = matches(reader, table, query, settings);
            fixed(&list, from_place(&list, place))
        }
    }
}

/// Where a page begins in a list: at its record, or, when that is no longer there, where it would be.
fn from_place(list: &[u32], place: Option<Place>) -> usize {
    let Some(place) = place else { return 0 };
    // The record is most likely not far from as many as were given.
    if list.get(place.given) == Some(&place.number) {
        return place.given;
    }
    list.iter().position(|number| *number == place.number).unwrap_or(place.given)
}

fn take(mut numbers: impl Iterator<Item = u32>, size: usize) -> Page {
    let page: Vec<u32> = numbers.by_ref().take(size).collect();
    Page { numbers: page, next: numbers.next() }
}
