//! The people, companies and deals Notion's customers know, as rows of the first workspace. They are stored at once and
//! told to nobody: they have always been there.

use super::Notion;
use super::content::date::{DAY, Span};
use super::content::model::{Page, Parent, Source, Traces};
use super::content::rich::{Rich, colors};
use super::content::schema::Choice;
use super::content::state::State;
use super::content::value::Val;
use super::id::Id;
use super::start::STAGES;
use crate::house::Dice;
use crate::world::{Cast, System};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Whose customers: the first workspace.
const WORKSPACE: usize = 0;
/// Over how long rows came in.
const HISTORY: i64 = 90 * DAY;

/// Adds what `cast` holds; says how many of what.
pub(crate) fn seed(notion: &Notion, cast: &Cast) -> Value {
    let mut state = notion.state.write();
    let now = notion.house.now();
    let dice = Dice::new(cast.seed, "notion seed");
    let mut sower = Sower { state: &mut state, dice, now };
    let companies = sower.companies(cast);
    let people = sower.people(cast, &companies);
    let deals = sower.deals(cast, &companies, &people);
    json!({ "companies": companies.len(), "people": people.len(), "deals": deals })
}

/// Somebody who puts rows where there were none.
struct Sower<'a> {
    state: &'a mut State,
    dice: Dice,
    now: i64,
}

/// Where a data source keeps what.
struct Bed {
    source: Id,
    slots: HashMap<String, u16>,
}

impl Bed {
    fn slot(&self, name: &str) -> Option<u16> {
        self.slots.get(name).copied()
    }
}

impl Sower<'_> {
    fn bed(&self, title: &str) -> Option<Bed> {
        let source = self.state.source_named(WORKSPACE, title)?;
        let properties = &self.state.sources.get(&source)?.properties;
        let slots = properties.iter().map(|property| (property.name.clone(), property.slot)).collect();
        Some(Bed { source, slots })
    }

    /// When row `number` of `total` came, and when it was last touched.
    fn traces(&mut self, number: usize, total: usize) -> Traces {
        let (number, total) = (i64::try_from(number).unwrap_or(0), i64::try_from(total).unwrap_or(1).max(1));
        let created = self.now - HISTORY + HISTORY / total * number;
        let edited = created + self.dice.between(0, (self.now - created) / 2);
        let users = &self.state.workspaces[WORKSPACE].users;
        let (made, touched) = (self.dice.below(2), self.dice.below(2));
        let user = |pick: u64| users[usize::try_from(pick).unwrap_or(0) % users.len()].id;
        Traces { created, edited, created_by: user(made), edited_by: user(touched) }
    }

    fn row(&mut self, bed: &Bed, traces: Traces, mut values: Vec<(u16, Val)>) -> Id {
        values.sort_unstable_by_key(|(slot, _)| *slot);
        values.shrink_to_fit();
        let (id, seq) = (self.state.new_id(), self.state.next_seq());
        let number = self.state.sources.get_mut(&bed.source).map_or(0, |source: &mut Source| {
            source.numbered += 1;
            source.rows.push(id);
            source.numbered
        });
        let page = Page {
            id,
            parent: Parent::Source(bed.source),
            traces,
            seq,
            number,
            workspace: 0,
            in_trash: false,
            is_archived: false,
            is_locked: false,
            values,
            extras: None,
        };
        self.state.pages.insert(id, page);
        self.state.workspaces[WORKSPACE].pages.push(id);
        id
    }

    /// The number of an option, made when there is none.
    fn choice(&mut self, bed: &Bed, property: &str, name: &str) -> Option<u32> {
        let slot = bed.slot(property)?;
        let source = self.state.sources.get_mut(&bed.source)?;
        let number = source.next_choice;
        let choices = source.in_slot_mut(slot)?.kind.choices_mut()?;
        if let Some(known) = choices.iter().find(|choice| choice.name == name) {
            return Some(known.number);
        }
        choices.push(Choice {
            number,
            id: self.dice.uuid(),
            name: name.to_owned(),
            color: (*self.dice.pick(colors())?).to_owned(),
            description: None,
            group: 0,
        });
        source.next_choice += 1;
        Some(number)
    }

    fn companies(&mut self, cast: &Cast) -> Vec<Id> {
        let Some(bed) = self.bed("Companies") else { return Vec::new() };
        let one = |number| {
            let company = cast.company(number);
            let mut row = Row::new(&bed);
            row.text("Name", &company.name);
            row.line(
                "Domain",
                &if company.domain.is_empty() {
                    String::new()
                } else {
                    format!("https://{}", company.domain)
                },
            );
            row.text("City", &company.city);
            row.put("Employees", company.employees.map(|count| Val::Number(f64::from(count))));
            let industry = self.named_choice(&bed, "Industry", &company.industry);
            row.put("Industry", industry);
            let country = self.named_choice(&bed, "Country", &company.country);
            row.put("Country", country);
            row.put("Customer", self.dice.chance(0.4).then_some(Val::Checked));
            let traces = self.traces(number, cast.companies);
            self.row(&bed, traces, row.values)
        };
        (0..cast.companies).map(one).collect()
    }

    /// An option by name; commas, which options cannot have, become spaces.
    fn named_choice(&mut self, bed: &Bed, property: &str, name: &str) -> Option<Val> {
        if name.is_empty() {
            return None;
        }
        self.choice(bed, property, &name.replace(',', " ")).map(Val::Choice)
    }

    /// By number in the cast.
    fn people(&mut self, cast: &Cast, companies: &[Id]) -> HashMap<usize, Id> {
        let Some(bed) = self.bed("People") else { return HashMap::new() };
        let mut people = HashMap::new();
        let mut staff: Vec<Vec<Id>> = vec![Vec::new(); companies.len()];
        for number in 0..cast.people {
            let Some(person) = cast.person_in(System::Notion, number) else { continue };
            let mut row = Row::new(&bed);
            row.text("Name", format!("{} {}", person.first_name, person.last_name).trim());
            row.line("Email", person.emails.first().map_or("", String::as_str));
            row.line("Phone", person.phones.first().map_or("", String::as_str));
            row.text("Job title", &person.job_title);
            row.text("City", &person.city);
            let country = self.named_choice(&bed, "Country", &person.country);
            row.put("Country", country);
            let status =
                ["New", "Active", "Active", "Gone"][usize::try_from(self.dice.below(4)).unwrap_or(0)];
            let status = self.named_choice(&bed, "Status", status);
            row.put("Status", status);
            row.put("Subscribed", self.dice.chance(0.5).then_some(Val::Checked));
            let contact = self.now - self.dice.between(0, 365) * DAY;
            row.put("Last contact", self.dice.chance(0.6).then(|| Val::Date(Box::new(Span::day(contact)))));
            let company = person.company.and_then(|company| companies.get(company).map(|id| (company, *id)));
            row.put("Company", company.map(|(_, id)| Val::Ids(vec![id])));
            let traces = self.traces(number, cast.people);
            row.put("Owner", self.dice.chance(0.3).then(|| Val::Ids(vec![traces.created_by])));
            let id = self.row(&bed, traces, row.values);
            people.insert(number, id);
            if let Some((company, _)) = company {
                staff[company].push(id);
            }
        }
        self.staff(companies, staff);
        people
    }

    /// The other end of the relation.
    fn staff(&mut self, companies: &[Id], staff: Vec<Vec<Id>>) {
        let Some(slot) = self.bed("Companies").and_then(|bed| bed.slot("People")) else { return };
        for (company, people) in companies.iter().zip(staff) {
            if let Some(page) = self.state.pages.get_mut(company)
                && !people.is_empty()
            {
                page.put(slot, Some(Val::Ids(people)));
            }
        }
    }

    fn deals(&mut self, cast: &Cast, companies: &[Id], people: &HashMap<usize, Id>) -> usize {
        let Some(bed) = self.bed("Deals") else { return 0 };
        for number in 0..cast.deals {
            let deal = cast.deal(number);
            let mut row = Row::new(&bed);
            row.text("Name", &deal.name);
            #[expect(clippy::cast_precision_loss, reason = "amounts of deals are far below 2^53 cents")]
            let amount = deal.amount_cents.map(|cents| Val::Number(cents as f64 / 100.0));
            row.put("Amount", amount);
            let stage = STAGES.get(usize::from(deal.stage)).map_or("Lead", |(name, _)| *name);
            let stage = self.named_choice(&bed, "Stage", stage);
            row.put("Stage", stage);
            let closes = self.now + i64::from(deal.closes_in_days) * DAY;
            row.put("Close date", Some(Val::Date(Box::new(Span::day(closes)))));
            let company = deal.company.and_then(|company| companies.get(company));
            row.put("Company", company.map(|id| Val::Ids(vec![*id])));
            let contact = deal.person.and_then(|person| people.get(&person));
            row.put("Contact", contact.map(|id| Val::Ids(vec![*id])));
            let traces = self.traces(number, cast.deals);
            row.put("Owner", Some(Val::Ids(vec![traces.created_by])));
            self.row(&bed, traces, row.values);
        }
        cast.deals
    }
}

/// A row to be.
struct Row<'a> {
    bed: &'a Bed,
    values: Vec<(u16, Val)>,
}

impl<'a> Row<'a> {
    fn new(bed: &'a Bed) -> Self {
        Self { bed, values: Vec::with_capacity(12) }
    }

    fn put(&mut self, property: &str, value: Option<Val>) {
        if let (Some(slot), Some(value)) = (self.bed.slot(property), value) {
            self.values.push((slot, value));
        }
    }

    /// title, rich_text
    fn text(&mut self, property: &str, text: &str) {
        self.put(property, (!text.is_empty()).then(|| Val::Rich(Rich::new(text))));
    }

    /// email, phone_number, url
    fn line(&mut self, property: &str, text: &str) {
        self.put(property, (!text.is_empty()).then(|| Val::Text(text.into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notion::content::model::TITLE;

    #[test]
    fn titles_have_the_slot_all_titles_have() {
        let bed = Bed { source: Id(1), slots: [("Name".to_owned(), TITLE)].into() };
        let mut row = Row::new(&bed);
        row.text("Name", "Ada");
        row.text("Nickname", "A");
        assert_eq!(row.values, [(TITLE, Val::Rich(Rich::new("Ada")))]);
    }
}
