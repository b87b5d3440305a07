//! What HubSpot knows: apps, accounts ("portals"), and in each account its users, records, definitions and associations.

use super::account::Pipelines;
use super::associations::Associations;
use super::objects::Objects;
use super::properties::Properties;
use super::types::TypeId;
use crate::house::House;
use std::collections::BTreeMap;

/// Everything.
#[derive(Debug)]
pub(crate) struct State {
    /// Apps registered with HubSpot.
    pub(crate) apps: Vec<App>,
    /// Accounts by id.
    pub(crate) portals: BTreeMap<u64, Portal>,
}

/// A public app, as its developer sees it.
#[derive(Debug, Clone)]
pub(crate) struct App {
    /// The app's id.
    pub(crate) app_id: u64,
    /// For people.
    pub(crate) name: String,
    /// OAuth client id.
    pub(crate) client_id: String,
    /// OAuth client secret; also signs webhooks.
    pub(crate) client_secret: String,
    /// For app-level calls (`hapikey`).
    pub(crate) developer_api_key: String,
    /// Scopes every install must ask for.
    pub(crate) required_scopes: Vec<String>,
    /// Scopes that, if an install asks for them, it must get.
    pub(crate) conditionally_required_scopes: Vec<String>,
    /// Scopes an install may ask for.
    pub(crate) optional_scopes: Vec<String>,
    /// Where codes may be sent to.
    pub(crate) redirect_uris: Vec<String>,
}

/// An account.
#[derive(Debug)]
pub(crate) struct Portal {
    /// The account's id, `hub_id` on the wire.
    pub(crate) id: u64,
    /// For people.
    pub(crate) name: String,
    /// `acme.example`.
    pub(crate) hub_domain: String,
    /// `STANDARD`, …
    pub(crate) account_type: &'static str,
    /// Where its day begins: daily limits start anew at its midnight.
    pub(crate) time_zone: &'static str,
    /// `na1`.
    pub(crate) hublet: &'static str,
    /// `EUR`.
    pub(crate) currency: &'static str,
    /// The people who work there.
    pub(crate) users: Vec<User>,
    /// Token of its private app.
    pub(crate) private_app_token: String,
    /// The private app's id.
    pub(crate) private_app_id: u64,
    /// Pipelines of deals and tickets.
    pub(crate) pipelines: Pipelines,
    /// Records.
    pub(crate) objects: Objects,
    /// Property definitions and groups.
    pub(crate) properties: Properties,
    /// Associations.
    pub(crate) associations: Associations,
    /// Custom object types by id.
    pub(crate) custom_types: BTreeMap<TypeId, CustomType>,
}

/// A person who works in an account; every one is an owner too.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// The user's id.
    pub(crate) user_id: u64,
    /// The owner's id: another number (HubSpot facts 9).
    pub(crate) owner_id: u64,
    /// The address.
    pub(crate) email: String,
    /// Given name.
    pub(crate) first_name: String,
    /// Family name.
    pub(crate) last_name: String,
    /// Whether this person may install apps.
    pub(crate) super_admin: bool,
    /// Whether this person left the account.
    pub(crate) archived: bool,
}

/// An account's own object type.
#[derive(Debug, Clone)]
pub(crate) struct CustomType {
    /// `mock_exams`, as paths may name it.
    pub(crate) name: String,
    /// `Mock exam`.
    pub(crate) singular: String,
    /// `Mock exams`.
    pub(crate) plural: String,
}

impl Portal {
    /// The type a path means: a name or an id that this account has.
    pub(crate) fn object_type(&self, text: &str) -> Option<TypeId> {
        if let Some(id) = TypeId::parse(text) {
            let known = id.singular().is_some() || self.custom_types.contains_key(&id);
            return known.then_some(id);
        }
        let custom = self.custom_types.iter().find(|(_, custom)| {
            custom.name.eq_ignore_ascii_case(text)
                || format!("p{}_{}", self.id, custom.name).eq_ignore_ascii_case(text)
        });
        TypeId::named(text).or(custom.map(|(id, _)| *id))
    }

    /// `CONTACT`, `COMPANY`, … as error messages name a type.
    pub(crate) fn type_label(&self, id: TypeId) -> String {
        id.singular().map_or_else(|| id.to_string(), str::to_ascii_uppercase)
    }
}

/// The apps and accounts every sandbox has.
pub(crate) fn at_start(house: &House) -> State {
    let mut dice = house.dice("hubspot.start");
    let uuid = |dice: &mut crate::house::Dice| dice.uuid();
    let app = App {
        app_id: 54_321,
        name: "Syncline sandbox app".to_owned(),
        client_id: uuid(&mut dice),
        client_secret: uuid(&mut dice),
        developer_api_key: uuid(&mut dice),
        required_scopes: vec!["oauth".to_owned()],
        conditionally_required_scopes: Vec::new(),
        optional_scopes: OPTIONAL_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        redirect_uris: Vec::new(),
    };
    let portals = [
        portal(
            house,
            62_515,
            "Acme Ltd",
            "acme.example",
            "Europe/London",
            "GBP",
            &[("Ada", "Lovelace"), ("Grace", "Hopper")],
        ),
        portal(house, 77_421, "Globex GmbH", "globex.example", "Europe/Berlin", "EUR", &[("Konrad", "Zuse")]),
    ];
    State { apps: vec![app], portals: portals.into_iter().map(|portal| (portal.id, portal)).collect() }
}

/// Scopes the app of the start may be granted besides `oauth`.
pub(crate) const OPTIONAL_SCOPES: &[&str] = &[
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.custom.read",
    "crm.objects.custom.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
    "crm.schemas.custom.read",
    "tickets",
    "automation",
];

fn portal(
    house: &House,
    id: u64,
    name: &str,
    hub_domain: &str,
    time_zone: &'static str,
    currency: &'static str,
    people: &[(&str, &str)],
) -> Portal {
    let mut dice = house.dice(&format!("hubspot.portal.{id}"));
    let users = (1..).zip(people).map(|(number, (first, last))| User {
        user_id: id * 100 + number,
        owner_id: 6_166_000 + (id % 1000) * 100 + number,
        email: format!("{}@{hub_domain}", first.to_lowercase()),
        first_name: (*first).to_owned(),
        last_name: (*last).to_owned(),
        super_admin: number == 1,
        archived: false,
    });
    let custom = CustomType {
        name: "mock_exams".to_owned(),
        singular: "Mock exam".to_owned(),
        plural: "Mock exams".to_owned(),
    };
    let mock_exams = TypeId { space: 2, number: 50_158_913 };
    Portal {
        id,
        name: name.to_owned(),
        hub_domain: hub_domain.to_owned(),
        account_type: "STANDARD",
        time_zone,
        hublet: "na1",
        currency,
        users: users.collect(),
        private_app_token: format!("pat-na1-{}", dice.uuid()),
        private_app_id: 1_000_000 + id,
        pipelines: Pipelines::at_start(house.now()),
        objects: Objects::new(house.seed(), id),
        properties: Properties::at_start(house.now(), &[(mock_exams, &custom)]),
        associations: Associations::default(),
        custom_types: BTreeMap::from([(mock_exams, custom)]),
    }
}
