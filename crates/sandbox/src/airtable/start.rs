//! What every sandbox begins with: two users, two integrations, two bases.

use super::accounts::{Integration, Level, User};
use super::formula::parse;
use super::ids;
use super::model::base::{Base, World};
use super::model::field::{Aggregate, Choice, Format, Kind};
use super::model::options::{Wanted, known_format};
use super::model::plan::choice;
use super::model::table::{Table, View};
use super::schema::build::{self, NewField};
use crate::house::Dice;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;

/// The first base, into which people, companies and deals are seeded.
pub(super) const SALES: &str = "Sales CRM";

/// How far a deal is, from just begun to won (5) and lost (6).
const STAGES: [&str; 7] = [
    "Qualified",
    "Meeting booked",
    "Proposal sent",
    "Negotiation",
    "Contract sent",
    "Closed won",
    "Closed lost",
];

/// The beginning.
pub(super) struct Start {
    pub(super) world: World,
    pub(super) integrations: Vec<Integration>,
}

/// Makes it.
pub(super) fn start(dice: &mut Dice) -> Start {
    let users = vec![
        User::throw("Alex Morgan", "alex.morgan@example.com", dice),
        User::throw("Sam Rivera", "sam.rivera@example.com", dice),
    ];
    let integrations = vec![
        Integration {
            name: "Sandbox integration".to_owned(),
            client_id: dice.uuid(),
            secret: Some(dice.hex(64)),
        },
        Integration {
            name: "Sandbox integration without a secret".to_owned(),
            client_id: dice.uuid(),
            secret: None,
        },
    ];
    let workspace = ids::throw(dice, "wsp");
    let bases = vec![sales(dice), operations(dice)];
    Start { world: World { users, workspace, bases, files: HashMap::new() }, integrations }
}

/// Builds a base.
struct Builder<'a> {
    base: Base,
    dice: &'a mut Dice,
}

impl Builder<'_> {
    fn table(&mut self, name: &str, description: &str) -> usize {
        let mut table =
            Table::new(ids::throw(self.dice, "tbl"), name.to_owned(), Some(description.to_owned()));
        for (name, kind) in [("Grid view", "grid"), ("Gallery", "gallery")] {
            table.views.push(View { id: ids::throw(self.dice, "viw"), name: name.to_owned(), kind });
        }
        self.base.tables.push(table);
        self.base.tables.len() - 1
    }

    fn add(&mut self, table: usize, name: &str, kind: Kind) -> u16 {
        build::push(&mut self.base, table, name.to_owned(), None, kind, self.dice)
    }

    fn all(&mut self, table: usize, fields: Vec<(&str, Kind)>) {
        for (name, kind) in fields {
            self.add(table, name, kind);
        }
    }

    /// A link and its other side, called `back`.
    fn link(&mut self, table: usize, name: &str, other: usize, back: &str, single: bool) -> u16 {
        let wanted = Wanted::Link { table: other, single };
        let new = NewField { name: name.to_owned(), description: None, wanted };
        let (slot, mirror) = build::add_field(&mut self.base, table, new, self.dice);
        if let Some((other, inverse)) = mirror {
            self.base.tables[other].fields[usize::from(inverse)].name = back.to_owned();
        }
        slot
    }

    fn field(&self, table: usize, name: &str) -> u16 {
        self.base.tables[table].field(name).unwrap_or(0)
    }

    /// A formula over fields of the table; `{0}` is the first of `fields`.
    fn formula(&self, table: usize, pattern: &str, fields: &[&str], result: serde_json::Value) -> Kind {
        let mut text = pattern.to_owned();
        for (number, name) in fields.iter().enumerate() {
            let field = &self.base.tables[table].fields[usize::from(self.field(table, name))];
            text = text.replace(&format!("{{{number}}}"), &format!("{{{}}}", field.id));
        }
        let expr = parse(&text, &|name| self.base.tables[table].field(name)).expect("it is written here");
        Kind::Formula { text, expr: Arc::new(expr), result }
    }

    fn choices(&mut self, names: &[&str]) -> Vec<Choice> {
        names.iter().enumerate().map(|(at, name)| choice((*name).to_owned(), at, self.dice)).collect()
    }
}

fn date(format: &str) -> Kind {
    Kind::Date { format: format_of(format) }
}

fn format_of(name: &str) -> Format {
    known_format(name).expect("the formats of the beginning are known")
}

fn moment(date: &str, time: &str, zone: &str) -> Kind {
    Kind::DateTime { date: format_of(date), time: format_of(time), zone: zone.to_owned() }
}

fn checkbox() -> Kind {
    Kind::Checkbox { icon: "check".to_owned(), color: "greenBright".to_owned() }
}

fn money() -> Kind {
    Kind::Currency { precision: 2, symbol: "$".to_owned() }
}

fn sales(dice: &mut Dice) -> Base {
    let id = ids::throw(dice, "app");
    let base = Base::new(id, SALES.to_owned(), vec![Level::Create, Level::Edit]);
    let mut builder = Builder { base, dice };
    let people = builder.table("People", "Everybody we talk to");
    let companies = builder.table("Companies", "Where they work");
    let deals = builder.table("Deals", "What we hope to sell them");
    people_fields(&mut builder, people);
    companies_fields(&mut builder, companies);
    deals_fields(&mut builder, deals);
    let company = builder.link(people, "Company", companies, "People", true);
    builder.link(deals, "Person", people, "Deals", true);
    builder.link(deals, "Company", companies, "Deals", true);
    let website = builder.field(companies, "Website");
    builder.add(people, "Company website", Kind::Lookup { link: company, field: website });
    let (staff, bought) = (builder.field(companies, "People"), builder.field(companies, "Deals"));
    let amount = builder.field(deals, "Amount");
    builder.add(companies, "Contacts", Kind::Count { link: staff });
    let result = json!({ "type": "currency", "options": { "precision": 2, "symbol": "$" } });
    let rollup = Kind::Rollup { link: bought, field: amount, how: Aggregate::Sum, result };
    builder.add(companies, "Deal value", rollup);
    let (closing, named) = (builder.field(deals, "Close date"), builder.field(deals, "Name"));
    let result = json!({ "type": "date", "options": { "dateFormat": { "name": "local", "format": "l" } } });
    let latest = Kind::Rollup { link: bought, field: closing, how: Aggregate::Max, result };
    builder.add(companies, "Last close date", latest);
    let result = json!({ "type": "singleLineText" });
    let names = Kind::Rollup { link: bought, field: named, how: Aggregate::ArrayJoin, result };
    builder.add(companies, "Deal names", names);
    let number = json!({ "type": "number", "options": { "precision": 2 } });
    let weighted = builder.formula(deals, "{0} * {1}", &["Amount", "Probability"], number);
    builder.add(deals, "Weighted amount", weighted);
    let named = json!({ "type": "singleLineText" });
    let label = builder.formula(people, "TRIM({0} & ' <' & {1} & '>')", &["Name", "Email"], named);
    builder.add(people, "Label", label);
    builder.base
}

fn people_fields(builder: &mut Builder<'_>, people: usize) {
    let status = builder.choices(&["Lead", "Customer", "Former customer"]);
    let tags = builder.choices(&["Newsletter", "VIP", "Partner"]);
    let rating = Kind::Rating { icon: "star".to_owned(), max: 5, color: "yellowBright".to_owned() };
    builder.all(
        people,
        vec![
            ("Name", Kind::SingleLineText),
            ("First name", Kind::SingleLineText),
            ("Last name", Kind::SingleLineText),
            ("Email", Kind::Email),
            ("Second email", Kind::Email),
            ("Phone", Kind::PhoneNumber),
            ("Job title", Kind::SingleLineText),
            ("City", Kind::SingleLineText),
            ("Country", Kind::SingleLineText),
            ("Status", Kind::SingleSelect(status)),
            ("Tags", Kind::MultipleSelects(tags)),
            ("Subscribed", checkbox()),
            ("Rating", rating),
            ("Birthday", date("iso")),
            ("Notes", Kind::RichText),
            ("Photos", Kind::Attachments),
            ("Owner", Kind::SingleCollaborator),
            ("Number", Kind::AutoNumber),
            ("Created", Kind::CreatedTime),
            ("Last modified", Kind::LastModifiedTime),
        ],
    );
}

fn companies_fields(builder: &mut Builder<'_>, companies: usize) {
    builder.all(
        companies,
        vec![
            ("Name", Kind::SingleLineText),
            ("Website", Kind::Url),
            ("City", Kind::SingleLineText),
            ("Country", Kind::SingleLineText),
            ("Industry", Kind::SingleSelect(Vec::new())),
            ("Employees", Kind::Number { precision: 0 }),
            ("Description", Kind::MultilineText),
            ("Created", Kind::CreatedTime),
        ],
    );
}

fn deals_fields(builder: &mut Builder<'_>, deals: usize) {
    let stages = builder.choices(&STAGES);
    builder.all(
        deals,
        vec![
            ("Name", Kind::SingleLineText),
            ("Amount", money()),
            ("Probability", Kind::Percent { precision: 0 }),
            ("Stage", Kind::SingleSelect(stages)),
            ("Close date", date("local")),
            ("Next meeting", moment("local", "24hour", "Europe/Berlin")),
            ("Owner", Kind::SingleCollaborator),
            ("Created by", Kind::CreatedBy),
        ],
    );
}

fn operations(dice: &mut Dice) -> Base {
    let id = ids::throw(dice, "app");
    let base = Base::new(id, "Operations".to_owned(), vec![Level::Create, Level::Create]);
    let mut builder = Builder { base, dice };
    let tasks = builder.table("Tasks", "What is to be done");
    let places = builder.table("Locations", "Where it is to be done");
    builder.all(
        tasks,
        vec![
            ("Name", Kind::SingleLineText),
            ("Notes", Kind::MultilineText),
            ("Assignee", Kind::SingleCollaborator),
            ("Watchers", Kind::MultipleCollaborators),
            ("Due", moment("iso", "24hour", "utc")),
            ("Effort", Kind::Duration { format: "h:mm".to_owned() }),
            ("Done", checkbox()),
            ("Code", Kind::Barcode),
            ("Summary", Kind::AiText),
            ("Open", Kind::Button { label: "Open".to_owned() }),
            ("Last modified by", Kind::LastModifiedBy),
        ],
    );
    builder.all(places, vec![("Name", Kind::SingleLineText), ("Address", Kind::MultilineText)]);
    builder.link(tasks, "Blocked by", tasks, "", false);
    builder.link(tasks, "Location", places, "Tasks", true);
    builder.base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_formula_of_the_beginning_means_something() {
        let start = start(&mut Dice::new(1, "airtable"));
        for base in &start.world.bases {
            for (_, table) in base.live_tables() {
                for (_, field) in table.live_fields() {
                    if let Kind::Formula { expr, .. } = &field.kind {
                        assert!(!expr.fields().is_empty(), "{}", field.name);
                    }
                }
            }
        }
    }
}
