//! What every sandbox's Notion begins with: one public integration, two workspaces with their people, an internal
//! integration each, and three databases. The second workspace is on the Business plan, and one of its databases has two
//! data sources: the trap for older versions (Notion facts 6).

use super::Notion;
use super::content::changes::NewDatabase;
use super::content::hand::{Author, AuthorKind, Hand};
use super::content::model::{Connection, Parent, TITLE, User, Workspace};
use super::content::rich::Rich;
use super::content::schema_write::Draft;
use super::content::state::{Eyes, State};
use super::content::value::Val;
use super::content::value_write::{Edit, New};
use super::id::Id;
use super::oauth::vault::{Vault, access_token};
use super::settings::Settings;
use super::version::Version;
use crate::house::{Dice, EditError, House};
use serde_json::{Value, json};
use std::sync::Arc;

/// The public integration.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) integration: Id,
    pub(crate) name: String,
}

/// Where everything begins.
pub(crate) struct Begin {
    pub(crate) app: App,
    pub(crate) state: State,
    pub(crate) vault: Vault,
}

/// Name, Business plan, people with their addresses.
type Template = (&'static str, bool, [(&'static str, &'static str); 2]);

/// The workspaces.
const WORKSPACES: [Template; 2] = [
    (
        "Northwind Studio",
        false,
        [("Ines Okafor", "ines@northwind.example"), ("Tomas Lind", "tomas@northwind.example")],
    ),
    (
        "Meridian Labs",
        true,
        [("Priya Raman", "priya@meridian.example"), ("Jonas Weber", "jonas@meridian.example")],
    ),
];

/// The same for the same seed.
pub(crate) fn begin(house: &Arc<House>) -> Begin {
    let mut dice = house.dice("notion accounts");
    let integration = Id::new(&mut dice);
    let client_id = Id::new(&mut dice).to_string();
    let client_secret = format!("secret_{}", dice.alphanumeric(43));
    let app = App { client_id, client_secret, integration, name: "Syncline".to_owned() };
    let mut state = State::new(house.dice("notion ids"));
    let mut vault = Vault::new(house.dice("notion tokens"));
    let now = house.now();
    for (index, (name, business, people)) in WORKSPACES.into_iter().enumerate() {
        let users = people.map(|(name, email)| User {
            id: Id::new(&mut dice),
            name: name.to_owned(),
            email: email.to_owned(),
        });
        let author = Author { id: users[0].id, kind: AuthorKind::Person };
        add_workspace(&mut state, &mut dice, (name, business), users.to_vec());
        let settings = Settings::default();
        let mut hand = Hand::new(author, now, &settings);
        let crm = top_page(&mut state, &mut hand, index, "CRM");
        top_page(&mut state, &mut hand, index, "Private notes");
        add_databases(&mut state, &mut hand, index, crm);
        let workspace = &state.workspaces[index];
        vault.keep_internal(&workspace.token, workspace.internal_bot, now);
        let bot = workspace.internal_bot;
        if let Some(connection) = state.connections.get_mut(&bot) {
            Arc::make_mut(connection).shared.insert(crm);
        }
    }
    Begin { app, state, vault }
}

fn add_workspace(state: &mut State, dice: &mut Dice, (name, business): (&str, bool), users: Vec<User>) {
    let (id, bot, integration) = (Id::new(dice), Id::new(dice), Id::new(dice));
    let index = state.workspaces.len();
    state.workspaces.push(Workspace {
        id,
        name: name.to_owned(),
        business,
        users,
        internal_bot: bot,
        token: access_token(dice),
        pages: Vec::new(),
        databases: Vec::new(),
        sources: Vec::new(),
    });
    let connection = Connection {
        bot,
        integration,
        name: format!("{name} automation"),
        workspace: index,
        owner: None,
        shared: std::collections::BTreeSet::new(),
    };
    state.bots.push(bot);
    state.connections.insert(bot, Arc::new(connection));
}

fn top_page(state: &mut State, hand: &mut Hand<'_>, workspace: usize, title: &str) -> Id {
    let edit = Edit { slot: TITLE, new: New::Val(Val::Rich(Rich::new(title))) };
    state.add_page(hand, workspace, Parent::Workspace, vec![edit])
}

fn add_databases(state: &mut State, hand: &mut Hand<'_>, workspace: usize, crm: Id) {
    let companies = add_database(state, hand, (workspace, crm), "Companies", &companies_schema());
    let people = add_database(state, hand, (workspace, crm), "People", &people_schema(companies));
    extend(state, hand, companies, &json!({ "Headcount here": rollup("count", "People", "Name") }));
    extend(state, hand, people, &json!({ "Company site": rollup("show_original", "Company", "Domain") }));
    add_database(state, hand, (workspace, crm), "Deals", &deals_schema(companies, people));
    if workspace == 1 {
        let schema = json!({ "Name": {"title": {}}, "Email": {"email": {}}, "Since": {"date": {}} });
        let Some(database) = state.sources.get(&companies).map(|source| source.database) else { return };
        let dice = state.fork_dice();
        let draft = Draft::new(state, Eyes::Person(workspace), Version::Trash, None, dice);
        if let Ok(drafted) = draft.read(&schema, "body.properties") {
            state.add_source(hand, database, Rich::new("Partners"), drafted);
        }
    }
}

/// Adds a database; returns its data source.
fn add_database(
    state: &mut State,
    hand: &mut Hand<'_>,
    (workspace, page): (usize, Id),
    title: &str,
    schema: &Value,
) -> Id {
    let dice = state.fork_dice();
    let draft = Draft::new(state, Eyes::Person(workspace), Version::Trash, None, dice);
    let schema = draft.read(schema, "body.properties").unwrap_or_else(|failure| {
        unreachable!("the schemas of the start are sound: {}", failure.message);
    });
    let new = NewDatabase {
        parent: Parent::Page(page),
        title: Rich::new(title),
        description: Rich::empty(),
        is_inline: false,
        icon: None,
        cover: None,
        schema,
    };
    let database = state.add_database(hand, workspace, new);
    state.databases[&database].sources[0]
}

/// More properties.
fn extend(state: &mut State, hand: &mut Hand<'_>, source: Id, schema: &Value) {
    let dice = state.fork_dice();
    let Some(workspace) = state.workspace_of(source) else { return };
    let draft = Draft::new(state, Eyes::Person(workspace), Version::Trash, state.sources.get(&source), dice);
    if let Ok(drafted) = draft.read(schema, "body.properties") {
        state.take_over(hand, source, drafted);
    }
}

fn rollup(function: &str, relation: &str, target: &str) -> Value {
    json!({ "rollup": {
        "function": function, "relation_property_name": relation, "rollup_property_name": target,
    } })
}

fn options(names: &[(&str, &str)]) -> Value {
    let options: Vec<Value> =
        names.iter().map(|(name, color)| json!({ "name": name, "color": color })).collect();
    json!({ "options": options })
}

fn companies_schema() -> Value {
    json!({
        "Name": {"title": {}},
        "Domain": {"url": {}},
        "Industry": {"select": {"options": []}},
        "Employees": {"number": {"format": "number_with_commas"}},
        "City": {"rich_text": {}},
        "Country": {"select": {"options": []}},
        "Customer": {"checkbox": {}},
        "Documents": {"files": {}},
        "Created": {"created_time": {}},
        "Edited": {"last_edited_time": {}},
    })
}

fn people_schema(companies: Id) -> Value {
    json!({
        "Name": {"title": {}},
        "Email": {"email": {}},
        "Phone": {"phone_number": {}},
        "Job title": {"rich_text": {}},
        "City": {"rich_text": {}},
        "Country": {"select": {"options": []}},
        "Status": {"status": options(&[("New", "default"), ("Active", "blue"), ("Gone", "gray")])},
        "Tags": {"multi_select": options(&[("VIP", "red"), ("Newsletter", "green"), ("Speaker", "purple")])},
        "Subscribed": {"checkbox": {}},
        "Last contact": {"date": {}},
        "Website": {"url": {}},
        "Company": {"relation": {
            "data_source_id": companies.to_string(), "dual_property": {"synced_property_name": "People"},
        }},
        "Owner": {"people": {}},
        "Number": {"unique_id": {"prefix": "P"}},
        "Greeting": {"formula": {"expression": "\"Dear \" + prop(\"Name\")"}},
        "Created": {"created_time": {}},
        "Edited": {"last_edited_time": {}},
        "Created by": {"created_by": {}},
        "Edited by": {"last_edited_by": {}},
    })
}

/// The stages of a deal, in the order of [`crate::world::Deal::stage`].
pub(crate) const STAGES: [(&str, &str); 7] = [
    ("Lead", "default"),
    ("Qualified", "gray"),
    ("Proposal", "yellow"),
    ("Negotiation", "orange"),
    ("Contract", "blue"),
    ("Won", "green"),
    ("Lost", "red"),
];

fn deals_schema(companies: Id, people: Id) -> Value {
    json!({
        "Name": {"title": {}},
        "Amount": {"number": {"format": "euro"}},
        "Stage": {"status": options(&STAGES)},
        "Close date": {"date": {}},
        "Company": {"relation": {"data_source_id": companies.to_string(), "single_property": {}}},
        "Contact": {"relation": {"data_source_id": people.to_string(), "single_property": {}}},
        "Owner": {"people": {}},
        "Number": {"unique_id": {"prefix": "D"}},
        "Edited": {"last_edited_time": {}},
    })
}

impl State {
    /// The workspace with this id or name; the first one when none is named.
    pub(crate) fn workspace_named(&self, named: Option<&str>) -> Result<usize, EditError> {
        let Some(named) = named else { return Ok(0) };
        let id = Id::parse(named);
        let at =
            self.workspaces.iter().position(|workspace| Some(workspace.id) == id || workspace.name == named);
        at.ok_or_else(|| EditError::NotFound(format!("there is no workspace {named}")))
    }

    /// The data source of a workspace with this id, the id of its database, or this name.
    pub(crate) fn source_named(&self, workspace: usize, named: &str) -> Option<Id> {
        let id = Id::parse(named);
        let mut sources = self.workspaces[workspace].sources.iter().filter_map(|id| self.sources.get(id));
        let found = sources.find(|source| {
            Some(source.id) == id || Some(source.database) == id || source.title.plain() == named
        });
        found.map(|source| source.id)
    }
}

/// What a client needs to call Notion.
pub(crate) fn credentials(notion: &Notion) -> Value {
    let (app, settings) = (notion.app(), notion.settings.get());
    let state = notion.state.read();
    let workspaces: Vec<Value> =
        state.workspaces.iter().map(|workspace| describe(&state, workspace)).collect();
    json!({
        "app": {
            "client_id": app.client_id, "client_secret": app.client_secret,
            "redirect_uris": settings.oauth.redirect_uris, "integration_id": app.integration,
        },
        "workspaces": workspaces,
    })
}

fn describe(state: &State, workspace: &Workspace) -> Value {
    let sources = workspace.sources.iter().filter_map(|id| state.sources.get(id));
    let databases: Vec<Value> = sources
        .map(|source| {
            json!({ "database_id": source.database, "data_source_id": source.id, "name": source.title.plain() })
        })
        .collect();
    let users: Vec<Value> = workspace
        .users
        .iter()
        .map(|user| json!({ "id": user.id, "name": user.name, "email": user.email }))
        .collect();
    let connection = state.connections.get(&workspace.internal_bot);
    json!({
        "workspace_id": workspace.id, "name": workspace.name, "token": workspace.token,
        "plan": if workspace.business { "business" } else { "plus" }, "bot_id": workspace.internal_bot,
        "integration_id": connection.map(|connection| connection.integration), "users": users,
        "parent_page_id": connection.and_then(|connection| connection.shared.first()), "databases": databases,
    })
}
