//! The people, companies and deals that Airtable's customers know.

use super::ids::RecordId;
use super::model::base::World;
use super::model::cell::Cell;
use super::model::field::Kind;
use super::model::plan::choice;
use super::model::table::{Row, Table};
use super::model::zone;
use crate::house::Dice;
use crate::world::{Cast, Company, Deal, Person, System};
use serde_json::{Value, json};
use std::collections::HashMap;

const DAY: i64 = 86_400_000;

/// Puts them into the first base, linked to each other. Webhooks are not told: they were always there.
pub(super) fn seed(world: &mut World, cast: &Cast, now: i64, dice: &mut Dice) -> Value {
    let Some(base) = world.bases.first_mut() else { return json!({}) };
    let numbers = ["People", "Companies", "Deals"].map(|name| base.table(name));
    let [Some(people), Some(companies), Some(deals)] = numbers else { return json!({}) };
    let mut seeder = Seeder { now, dice };
    let first_company = base.tables[companies].next_number();
    for number in 0..cast.companies {
        seeder.company(&mut base.tables[companies], &cast.company(number));
    }
    let company_row = |number: usize| first_company + u32::try_from(number).unwrap_or(0);
    let (mut staff, mut bought, mut buys) = (Links::new(), Links::new(), Links::new());
    // Who Airtable's customers know, and in which row.
    let mut known: Vec<Option<u32>> = Vec::with_capacity(cast.people);
    for number in 0..cast.people {
        known.push(cast.person_in(System::Airtable, number).map(|person| {
            let company = person.company.filter(|company| *company < cast.companies).map(company_row);
            let row = seeder.person(&mut base.tables[people], &person, company);
            link(&mut staff, company, row);
            row
        }));
    }
    for number in 0..cast.deals {
        let deal = cast.deal(number);
        let person = deal.person.and_then(|person| known.get(person).copied().flatten());
        let company = deal.company.filter(|company| *company < cast.companies).map(company_row);
        let row = seeder.deal(&mut base.tables[deals], &deal, person, company);
        link(&mut buys, person, row);
        link(&mut bought, company, row);
    }
    mirror(&mut base.tables[companies], "People", staff);
    mirror(&mut base.tables[companies], "Deals", bought);
    mirror(&mut base.tables[people], "Deals", buys);
    let people = known.iter().flatten().count();
    json!({ "people": people, "companies": cast.companies, "deals": cast.deals })
}

/// Rows by the row they are linked to.
type Links = HashMap<u32, Vec<u32>>;

fn link(links: &mut Links, to: Option<u32>, row: u32) {
    if let Some(to) = to {
        links.entry(to).or_default().push(row);
    }
}

/// Writes the other side of links.
fn mirror(table: &mut Table, field: &str, links: Links) {
    let Some(field) = table.field(field) else { return };
    for (number, rows) in links {
        if let Some(row) = table.row_mut(number) {
            row.set(field, Some(Cell::Links(rows.into_boxed_slice())));
        }
    }
}

struct Seeder<'a> {
    now: i64,
    dice: &'a mut Dice,
}

/// Cells of a row, the empty ones left out.
#[derive(Default)]
struct Cells(Vec<(u16, Cell)>);

impl Cells {
    fn put(&mut self, table: &Table, field: &str, cell: Option<Cell>) {
        if let (Some(field), Some(cell)) = (table.field(field), cell) {
            self.0.push((field, cell));
        }
    }

    fn text(&mut self, table: &Table, field: &str, text: &str) {
        self.put(table, field, (!text.is_empty()).then(|| Cell::Text(text.into())));
    }
}

fn to_one(row: Option<u32>) -> Option<Cell> {
    row.map(|row| Cell::Links(Box::new([row])))
}

impl Seeder<'_> {
    fn push(&mut self, table: &mut Table, cells: Cells) -> u32 {
        table.push(Row::new(RecordId::throw(self.dice), self.now, 0, cells.0))
    }

    fn company(&mut self, table: &mut Table, company: &Company) {
        let mut cells = Cells::default();
        cells.text(table, "Name", &company.name);
        if !company.domain.is_empty() {
            cells.text(table, "Website", &format!("https://{}", company.domain));
        }
        cells.text(table, "City", &company.city);
        cells.text(table, "Country", &company.country);
        cells.put(table, "Employees", company.employees.map(|many| Cell::Number(f64::from(many))));
        if !company.industry.is_empty() {
            let industry = self.choice(table, "Industry", &company.industry);
            cells.put(table, "Industry", industry.map(Cell::Choice));
        }
        self.push(table, cells);
    }

    /// A choice by its name; a missing one is added.
    fn choice(&mut self, table: &mut Table, field: &str, name: &str) -> Option<u32> {
        let field = table.field(field)?;
        let Kind::SingleSelect(choices) = &mut table.fields[usize::from(field)].kind else { return None };
        let position = choices.iter().position(|choice| choice.name == name).unwrap_or_else(|| {
            choices.push(choice(name.to_owned(), choices.len(), self.dice));
            choices.len() - 1
        });
        u32::try_from(position).ok()
    }

    fn person(&mut self, table: &mut Table, person: &Person, company: Option<u32>) -> u32 {
        let mut cells = Cells::default();
        let name = format!("{} {}", person.first_name, person.last_name);
        cells.text(table, "Name", name.trim());
        cells.text(table, "First name", &person.first_name);
        cells.text(table, "Last name", &person.last_name);
        for (field, email) in ["Email", "Second email"].into_iter().zip(&person.emails) {
            cells.text(table, field, email);
        }
        cells.text(table, "Phone", person.phones.first().map_or("", String::as_str));
        cells.text(table, "Job title", &person.job_title);
        cells.text(table, "City", &person.city);
        cells.text(table, "Country", &person.country);
        cells.put(table, "Company", to_one(company));
        self.push(table, cells)
    }

    fn deal(&mut self, table: &mut Table, deal: &Deal, person: Option<u32>, company: Option<u32>) -> u32 {
        let mut cells = Cells::default();
        cells.text(table, "Name", &deal.name);
        #[expect(clippy::cast_precision_loss, reason = "nobody sells for more than 2^53 cents")]
        let amount = deal.amount_cents.map(|cents| Cell::Number(cents as f64 / 100.0));
        cells.put(table, "Amount", amount);
        let chance = [0.1, 0.2, 0.4, 0.6, 0.8, 1.0].get(usize::from(deal.stage)).copied();
        cells.put(table, "Probability", Some(Cell::Number(chance.unwrap_or(0.0))));
        cells.put(table, "Stage", Some(Cell::Choice(u32::from(deal.stage.min(6)))));
        let today = i32::try_from(self.now.div_euclid(DAY)).unwrap_or(0);
        let close = zone::day_number(zone::date(today.saturating_add(deal.closes_in_days)));
        cells.put(table, "Close date", Some(Cell::Date(close)));
        cells.put(table, "Person", to_one(person));
        cells.put(table, "Company", to_one(company));
        self.push(table, cells)
    }
}
