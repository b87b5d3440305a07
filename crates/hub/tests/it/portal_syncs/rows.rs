//! A sync with everything it can have, put straight into a test hub's database.

use crate::support::rows::mirror;
use crate::support::{START, TestHub};
use serde_json::{Value as Json, json};
use std::time::Duration;
use syncline_core::record::{Item, Record};
use syncline_core::sync::{
    Base, Conflict, ConflictKind, Ending, Face, Field, Held, Kind, Link, Pending, Schema, Side, Sides, State,
    Value, defaults,
};
use syncline_core::time::Timestamp;
use syncline_store::connections::{self, Connection, Credentials, Method, Status};
use syncline_store::runs::{State as RunState, Trigger};
use syncline_store::syncs::conflicts::{self, NewConflict, Whose};
use syncline_store::syncs::history::{self, HistoryRow};
use syncline_store::syncs::links::{self, LinkRow};
use syncline_store::syncs::plans::{self, Planned};
use syncline_store::syncs::runs::{self, NewRun};
use syncline_store::syncs::{self, Phase, Reading, State as SyncState, Sync, Trouble};

/// Who everything here belongs to.
pub const ORG: &str = "org_acme";

/// A moment so many minutes ago.
pub fn ago(hub: &TestHub, minutes: u64) -> Timestamp {
    hub.cx.now().minus(Duration::from_secs(60 * minutes))
}

/// A connection to this provider.
pub async fn connect(hub: &TestHub, id: &str, org_id: &str, provider: &str, name: &str) -> Connection {
    let connection = Connection {
        id: id.to_owned(),
        org_id: org_id.to_owned(),
        user_id: String::new(),
        provider: provider.to_owned(),
        app: String::new(),
        account: format!("{provider} {id}"),
        account_name: name.to_owned(),
        method: Method::Key,
        status: Status::Active,
        reason: None,
        scopes: Vec::new(),
        created_at: START,
        updated_at: START,
    };
    let sealed = b"sealed".to_vec();
    let sealed = Credentials { sealed, sealed_with: "none".to_owned(), expires_at: None, refresh_at: None };
    let mut tx = hub.cx.store.begin().await.unwrap();
    connections::connect(&mut tx, &connection, &sealed).await.unwrap();
    tx.commit().await.unwrap();
    connection
}

/// The accounts `con_left` (HubSpot) and `con_right` (10to8), and the sync `syn_1` between them, with the ready-made agreement.
pub async fn sync(hub: &TestHub, state: SyncState) -> Sync {
    connect(hub, "con_left", ORG, "hubspot", "Acme CRM").await;
    connect(hub, "con_right", ORG, "tentoeight", "Acme Bookings").await;
    another(hub, "syn_1", "Contacts and customers", state).await
}

/// One more sync between the same accounts.
pub async fn another(hub: &TestHub, id: &str, name: &str, state: SyncState) -> Sync {
    let sync = Sync {
        id: id.to_owned(),
        org_id: ORG.to_owned(),
        name: name.to_owned(),
        connections: Sides { left: "con_left".to_owned(), right: "con_right".to_owned() },
        agreement: defaults::between(("hubspot", "contacts"), ("tentoeight", "customer")).unwrap(),
        schemas: Sides { left: contacts(), right: Schema { open: true, ..Schema::default() } },
        state,
        reason: (state == SyncState::Paused).then(|| "paused by a person".to_owned()),
        every: None,
        primed_at: Some(ago(hub, 90)),
        created_at: ago(hub, 3_000),
        updated_at: ago(hub, 95),
        version: 1,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    syncs::create(&mut tx, &sync).await.unwrap();
    syncs::prime(&mut tx, id, ago(hub, 90)).await.unwrap();
    tx.commit().await.unwrap();
    sync
}

fn contacts() -> Schema {
    let field = |title: &str, kind| Field { title: title.to_owned(), kind, writable: true, longest: None };
    let fields = [
        ("firstname", field("First name", Kind::Text)),
        ("lastname", field("Last name", Kind::Text)),
        ("email", field("Email", Kind::Email)),
        ("phone", field("Phone number", Kind::Phone)),
        ("hs_additional_emails", field("Additional email addresses", Kind::List)),
    ];
    let fields = fields.into_iter().map(|(name, field)| (name.to_owned(), field)).collect();
    Schema { fields, ..Schema::default() }
}

fn record(object_type: &str, id: &str, name: &str, body: &Json) -> Record {
    let item = Item {
        name: name.to_owned(),
        created_at: Some(START),
        url: (object_type == "contacts")
            .then(|| format!("https://app.hubspot.com/contacts/1/record/0-1/{id}")),
        ..Item::default()
    };
    Record {
        object_type: object_type.to_owned(),
        collection: String::new(),
        id: id.to_owned(),
        modified_at: Some(START),
        archived: false,
        merged_ids: Vec::new(),
        item,
        body: body.to_string(),
    }
}

/// Mirrors a contact at HubSpot.
pub async fn contact(hub: &TestHub, id: &str, first: &str, last: &str, email: &str, phone: &str) {
    let body = json!({ "id": id, "properties": {
        "firstname": first, "lastname": last, "email": email, "phone": phone,
    } });
    let own =
        connections::get(&hub.cx.store, &syncline_store::Scope::All, "con_left").await.unwrap().unwrap();
    mirror(hub, &own, vec![record("contacts", id, &format!("{first} {last}"), &body)]).await;
}

/// Mirrors a customer at 10to8.
pub async fn customer(hub: &TestHub, id: &str, name: &str, emails: &[&str], numbers: &[&str]) {
    let body = json!({ "resource_uri": id, "name": name, "emails": emails, "numbers": numbers });
    let own =
        connections::get(&hub.cx.store, &syncline_store::Scope::All, "con_right").await.unwrap().unwrap();
    mirror(hub, &own, vec![record("customer", id, name, &body)]).await;
}

/// A face of these texts.
pub fn face(texts: &[&str]) -> Face {
    Face(texts.iter().map(|text| Value::text(*text)).collect())
}

/// A face of one list.
pub fn list(texts: &[&str]) -> Face {
    Face(vec![Value::list(texts.iter().copied())])
}

/// A link of these records that agreed on these names and addresses some time ago.
pub fn linked(hub: &TestHub, left: &str, right: &str, name: &str, email: &str) -> Link {
    let mut link = Link::joined(left, right);
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    let at = ago(hub, 60);
    let known_at = Sides { left: at, right: at };
    let base = |left, right| Base { faces: Sides { left, right }, known_at, ..Base::default() };
    link.bases.insert("name".to_owned(), base(face(&[first, last]), face(&[name])));
    link.bases.insert("emails".to_owned(), base(face(&[email, ""]), list(&[email])));
    link.bases.insert("numbers".to_owned(), base(face(&["", ""]), list(&[])));
    link.external = Sides { left: Some(right.to_owned()), right: Some(left.to_owned()) };
    link.status = Sides { left: Some("ok".to_owned()), right: Some("ok".to_owned()) };
    link.written_at = Sides { left: None, right: Some(at) };
    link
}

/// Of the rule `emails` the left side does not take the address.
pub fn held(mut link: Link, email: &str) -> Link {
    let base = link.bases.get_mut("emails").unwrap();
    base.faces = Sides { left: face(&["", ""]), right: list(&[email]) };
    let held = Held { value: Value::text(email), reason: format!("Invalid email {email}") };
    base.held.left.insert("email".to_owned(), held);
    link
}

/// Stores a link under this name.
pub async fn keep(hub: &TestHub, sync: &Sync, id: &str, name: &str, link: Link, conflict: bool) {
    let row = LinkRow {
        id: id.to_owned(),
        sync_id: sync.id.clone(),
        org_id: sync.org_id.clone(),
        name: name.to_lowercase(),
        trouble: Trouble::of(&link, conflict),
        link,
        ended_at: None,
        created_at: ago(hub, 80),
        updated_at: ago(hub, 12),
        version: 1,
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    assert!(links::insert(&mut tx, &[row]).await.unwrap().is_empty(), "the link {id} is stored");
    tx.commit().await.unwrap();
}

/// A link over for this reason.
pub fn over(mut link: Link, why: Ending) -> Link {
    link.state = State::Ended(why);
    link
}

/// A link whose right record is being created.
pub fn creating(hub: &TestHub, left: &str) -> Link {
    let mut link = Link::lone(Side::Left, left);
    link.state = State::Creating(Pending { side: Side::Right, sent_at: ago(hub, 1), open: false });
    link
}

/// A conflict about no field.
pub fn bare(kind: ConflictKind) -> Conflict {
    Conflict { kind, faces: Sides::default(), times: Sides::default(), base: None, winner: None }
}

/// Both sides changed the name, differently.
pub fn names_differ(hub: &TestHub, left: [&str; 2], right: &str, base: &str) -> Conflict {
    let (first, last) = base.split_once(' ').unwrap_or((base, ""));
    Conflict {
        kind: ConflictKind::Field { rule: "name".to_owned() },
        faces: Sides { left: face(&left), right: face(&[right]) },
        times: Sides { left: Some(ago(hub, 14)), right: Some(ago(hub, 9)) },
        base: Some(Sides { left: face(&[first, last]), right: face(&[base]) }),
        winner: None,
    }
}

/// Opens a conflict.
pub async fn dispute(
    hub: &TestHub,
    sync: &Sync,
    id: &str,
    link_id: Option<&str>,
    ids: (Option<&str>, Option<&str>),
    conflict: Conflict,
) {
    let new = NewConflict {
        id: id.to_owned(),
        link_id: link_id.map(str::to_owned),
        ids: Sides { left: ids.0.map(str::to_owned), right: ids.1.map(str::to_owned) },
        conflict,
    };
    let whose = Whose { sync_id: &sync.id, org_id: &sync.org_id };
    let mut tx = hub.cx.store.begin().await.unwrap();
    assert_eq!(conflicts::put(&mut tx, whose, &[new], ago(hub, 8)).await.unwrap(), [id]);
    tx.commit().await.unwrap();
}

/// What is to be put into a history: link, side, what, particulars.
pub type Done<'a> = (&'a str, Option<Side>, &'a str, Json);

/// Puts these into the history of a sync, the last one as the latest.
pub async fn did(hub: &TestHub, sync: &Sync, ids: (&str, &str), done: &[Done<'_>]) {
    let row = |(minute, (link, side, what, detail)): (usize, &Done<'_>)| HistoryRow {
        seq: 0,
        sync_id: sync.id.clone(),
        org_id: sync.org_id.clone(),
        link_id: Some((*link).to_owned()),
        at: ago(hub, 60 - minute as u64),
        side: *side,
        what: (*what).to_owned(),
        ids: Sides { left: Some(ids.0.to_owned()), right: Some(ids.1.to_owned()) },
        detail: detail.clone(),
    };
    let rows: Vec<HistoryRow> = done.iter().enumerate().map(row).collect();
    let mut tx = hub.cx.store.begin().await.unwrap();
    history::add(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
}

/// The particulars of writing a name.
pub fn renamed(before: &[&str], left: &[&str], right: &str) -> Json {
    json!({ "rules": [{ "rule": "name", "before": before, "faces": { "left": left, "right": [right] } }], "held": [] })
}

/// A run of a sync, under way in this phase.
pub async fn running(hub: &TestHub, sync: &Sync, id: &str, dry_run: bool, phase: Phase, counts: &Json) {
    let new = NewRun {
        id: id.to_owned(),
        org_id: sync.org_id.clone(),
        sync_id: sync.id.clone(),
        towards: None,
        dry_run,
        reading: Reading::Full,
        trigger: Trigger::Manual,
        created_at: ago(hub, 5),
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    runs::create(&mut tx, &new).await.unwrap();
    runs::start(&mut tx, id, ago(hub, 4)).await.unwrap();
    let now = hub.cx.now();
    runs::checkpoint(&mut tx, id, phase, Some("{}"), counts, Some(184_000), now).await.unwrap();
    tx.commit().await.unwrap();
}

/// Ends a run.
pub async fn ended(hub: &TestHub, id: &str, state: RunState, reason: Option<&str>) {
    let mut tx = hub.cx.store.begin().await.unwrap();
    runs::finish(&mut tx, id, state, reason, ago(hub, 2)).await.unwrap();
    tx.commit().await.unwrap();
}

/// The plan of a dry run.
pub async fn planned(hub: &TestHub, run_id: &str, count: u64) {
    planned_from(hub, run_id, 0, count).await;
}

/// The same from this place on.
pub async fn planned_from(hub: &TestHub, run_id: &str, first: u64, end: u64) {
    let row = |n: u64| {
        let (side, what, ids) = match n % 3 {
            0 => (Side::Right, "created", (Some(format!("1000{n}")), None)),
            1 => (Side::Left, "updated", (Some(format!("1000{n}")), Some(format!("/customer/{n}/")))),
            _ => (Side::Right, "deleted", (Some(format!("1000{n}")), Some(format!("/customer/{n}/")))),
        };
        let detail = match what {
            "deleted" => json!({ "force": false }),
            _ => renamed(&["Ada", ""], &["Ada", "Lovelace"], "Ada Lovelace"),
        };
        Planned {
            n,
            side: Some(side),
            what: what.to_owned(),
            ids: Sides { left: ids.0, right: ids.1 },
            detail,
        }
    };
    let mut tx = hub.cx.store.begin().await.unwrap();
    plans::add(&mut tx, run_id, &(first..end).map(row).collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What a run counted.
pub fn counts() -> Json {
    json!({
        "looked_at": 61_240, "linked": 36_812,
        "created": { "left": 1_204, "right": 2_310 }, "updated": { "left": 88, "right": 412 },
        "deleted": { "left": 0, "right": 3 }, "conflicts": 4, "refused": 17, "questions": 2, "later": 1,
        "calls": { "left": 14, "right": 2_725 },
    })
}

/// The sync `syn_1` with links, conflicts of every kind, runs and a history.
pub async fn everything(hub: &TestHub, state: SyncState) -> Sync {
    let sync = sync(hub, state).await;
    contact(hub, "180584432881", "Ada", "Lovelace-King", "ada@example.com", "+44 20 7946 0018").await;
    customer(hub, "/customer/1/", "Augusta Ada King", &["ada@example.com"], &[]).await;
    contact(hub, "180584432882", "Grace", "Hopper", "", "").await;
    customer(hub, "/customer/2/", "Grace Hopper", &["grace@navy"], &["+1 212 555 0100"]).await;
    contact(hub, "180584432883", "Mary", "Jackson", "mary@example.com", "").await;
    contact(hub, "180584432889", "Mary W.", "Jackson", "mary@example.com", "").await;
    customer(hub, "/customer/3/", "Mary Jackson", &["mary@example.com"], &[]).await;
    customer(hub, "/customer/4/", "M. Jackson", &["mary@example.com"], &["020 7946 0100"]).await;
    customer(hub, "/customer/5/", "Mary Jackson-Levy", &["mary@example.com"], &[]).await;
    customer(hub, "/customer/6/", "Katherine Johnson", &["kj@example.com"], &[]).await;
    let ada = linked(hub, "180584432881", "/customer/1/", "Ada Lovelace", "ada@example.com");
    keep(hub, &sync, "lnk_1", "Ada Lovelace", ada, true).await;
    let grace = held(linked(hub, "180584432882", "/customer/2/", "Grace Hopper", ""), "grace@navy");
    keep(hub, &sync, "lnk_2", "Grace Hopper", grace, false).await;
    let mary = linked(hub, "180584432883", "/customer/3/", "Mary Jackson", "mary@example.com");
    keep(hub, &sync, "lnk_3", "Mary Jackson", mary, false).await;
    let katherine = linked(hub, "180584432886", "/customer/6/", "Katherine Johnson", "kj@example.com");
    keep(hub, &sync, "lnk_4", "Katherine Johnson", katherine, true).await;
    keep(hub, &sync, "lnk_5", "Dorothy Vaughan", creating(hub, "180584432887"), false).await;
    let gone = over(Link::joined("180584432888", "/customer/8/"), Ending::Deleted { side: Side::Left });
    keep(hub, &sync, "lnk_6", "Annie Easley", gone, false).await;
    disputes(hub, &sync).await;
    let refusal = json!({ "rules": [], "held": [{ "field": "email", "value": "grace@navy", "reason": "Invalid email grace@navy" }] });
    let done: [Done<'_>; 4] = [
        ("lnk_1", None, "linked", json!({})),
        ("lnk_1", Some(Side::Right), "updated", renamed(&["Ada King"], &["Ada", "Lovelace"], "Ada Lovelace")),
        ("lnk_1", Some(Side::Left), "updated", refusal),
        ("lnk_1", Some(Side::Right), "unanswered", json!({})),
    ];
    did(hub, &sync, ("180584432881", "/customer/1/"), &done).await;
    running(hub, &sync, "srn_1", true, Phase::Done, &counts()).await;
    planned(hub, "srn_1", 70).await;
    ended(hub, "srn_1", RunState::Succeeded, None).await;
    running(hub, &sync, "srn_2", false, Phase::Left, &counts()).await;
    sync
}

/// An open conflict of every kind.
async fn disputes(hub: &TestHub, sync: &Sync) {
    let differ = names_differ(hub, ["Ada", "Lovelace-King"], "Augusta Ada King", "Ada Lovelace");
    let ada = (Some("180584432881"), Some("/customer/1/"));
    dispute(hub, sync, "cnf_1", Some("lnk_1"), ada, differ).await;
    let reason = "10to8 objects: the customer has 2 future bookings".to_owned();
    let katherine = (Some("180584432886"), Some("/customer/6/"));
    let deletion = bare(ConflictKind::Deletion { side: Side::Left, reason });
    dispute(hub, sync, "cnf_2", Some("lnk_4"), katherine, deletion).await;
    let candidates = vec!["/customer/4/".to_owned(), "/customer/5/".to_owned()];
    let id = "180584432889".to_owned();
    let unclear = bare(ConflictKind::Match { side: Side::Left, id, candidates });
    dispute(hub, sync, "cnf_3", None, (Some("180584432889"), None), unclear).await;
    let (id, of) = ("/customer/5/".to_owned(), "/customer/3/".to_owned());
    let twice = bare(ConflictKind::Duplicate { side: Side::Right, id, of });
    dispute(hub, sync, "cnf_4", None, (None, Some("/customer/5/")), twice).await;
    let many = bare(ConflictKind::Guard { side: Side::Right, waiting: 1_250 });
    dispute(hub, sync, "cnf_5", None, (None, None), many).await;
}
