//! Who did what: one row for each act of a person, an application or the hub itself, in the order they were stored. What is written
//! here says that something was done and to what, never a secret and never a value of a record.

use crate::records::pattern;
use crate::tx::Bulk;
use crate::value::{Kind, Row, Value, args, in_list};
use crate::{Dialect, Result, Scope, Store, StoreError, Tx};
use syncline_core::event::column_text;
use syncline_core::time::Timestamp;

/// Which way somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// The portal, with a session.
    Portal,
    /// The API, with a key.
    Api,
    /// The command line, which uses the API.
    Cli,
    /// A page in somebody's browser that connects an account.
    Page,
    /// Nobody: the hub by itself, as its schedules and rules say.
    Hub,
}

impl Door {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Portal, Self::Api, Self::Cli, Self::Page, Self::Hub];

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Api => "api",
            Self::Cli => "cli",
            Self::Page => "page",
            Self::Hub => "hub",
        }
    }

    /// The door of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|door| door.name() == name)
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its place in the order; the database gives it, whatever stands here before.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Through which door.
    pub door: Door,
    /// Who: the key's name, the portal's session, the page's origin; empty for the hub itself.
    pub actor: String,
    /// What, as a stable name: `connection.disconnected`.
    pub action: String,
    /// Whose the object is; none where it is nobody's, or everybody's.
    pub org_id: Option<String>,
    /// To what: its id; empty where there is only one.
    pub object_id: String,
    /// In what way, for people; may be empty.
    pub detail: String,
}

/// Which part of the log to read. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only through this door.
    pub door: Option<Door>,
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only this action, or all of a group where it has no dot: `connection`.
    pub action: Option<String>,
    /// Only what concerns this organization.
    pub org_id: Option<String>,
    /// Only what was done to this object.
    pub object_id: Option<String>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// Only where who did it, the object's id or the detail has this in it, in whichever case.
    pub search: Option<String>,
}

const COLUMNS: &str = "seq, at, door, actor, action, org_id, object_id, detail";

const INSERT: Bulk = Bulk {
    table: "audit_log",
    columns: &[
        ("at", Kind::Int),
        ("door", Kind::Text),
        ("actor", Kind::Text),
        ("action", Kind::Text),
        ("org_id", Kind::Text),
        ("object_id", Kind::Text),
        ("detail", Kind::Text),
    ],
    unique: "seq",
};

/// The longest `detail`, in characters.
pub const MOST_DETAIL: usize = 500;

/// Writes down what is done in this transaction.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn add(tx: &mut Tx, entries: &[Entry]) -> Result<()> {
    let rows = entries.iter().map(|entry| {
        let detail: String = entry.detail.chars().take(MOST_DETAIL).collect();
        args![
            entry.at,
            entry.door.name(),
            column_text(&entry.actor),
            entry.action.as_str(),
            column_text(entry.org_id.as_deref().unwrap_or_default()),
            column_text(&entry.object_id),
            crate::value::storable(&detail),
        ]
    });
    tx.insert_many(&INSERT, rows.collect::<Vec<_>>()).await
}

/// Up to `limit` of them before the place `before`, latest first.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>> {
    let (tests, mut values) = clause(store.dialect(), scope, filter, before);
    values.push(limit.into());
    let sql = format!("SELECT {COLUMNS} FROM audit_log WHERE {tests} ORDER BY seq DESC LIMIT ?");
    store.query(&sql, values).await?.iter().map(read).collect()
}

/// One index leads, the one that leaves least; the rest is looked at row by row. SQLite has no statistics to choose by: a `+` hides the
/// others' indexes.
fn clause(dialect: Dialect, scope: &Scope, filter: &Filter, before: Option<i64>) -> (String, Vec<Value>) {
    let own = match scope {
        Scope::All => None,
        Scope::Organization(own) => Some(own.as_str()),
    };
    let exact = filter.action.as_deref().filter(|action| action.contains('.'));
    let columns = [
        ("object_id", filter.object_id.as_deref()),
        ("actor", filter.actor.as_deref()),
        ("action", exact),
        ("org_id", own),
        ("org_id", filter.org_id.as_deref()),
        ("door", filter.door.map(Door::name)),
    ];
    let hide = if dialect == Dialect::Sqlite { "+" } else { "" };
    let (mut tests, mut values) = (Vec::new(), Vec::<Value>::new());
    for (column, value) in columns.into_iter().filter_map(|(column, value)| Some((column, value?))) {
        let hide = if tests.is_empty() { "" } else { hide };
        tests.push(format!("{hide}{column} = ?"));
        values.push(column_text(value).into());
    }
    if let Some(group) = filter.action.as_deref().filter(|action| !action.contains('.')) {
        // Names are compared byte by byte: these are all that begin with the group and a dot.
        tests.push(format!("{hide}action > ? AND {hide}action < ?"));
        values.extend(args![format!("{group}."), format!("{group}/")]);
    }
    for (test, moment) in [(">=", filter.since), ("<", filter.until)] {
        if let Some(moment) = moment {
            tests.push(format!("{hide}at {test} ?"));
            values.push(moment.into());
        }
    }
    if let Some(search) = &filter.search {
        let pattern = pattern(&search.to_lowercase());
        let of = |column| format!("LOWER({column}) LIKE ? ESCAPE '!'");
        tests.push(format!("({} OR {} OR {})", of("actor"), of("object_id"), of("detail")));
        values.extend(args![pattern.as_str(), pattern.as_str(), pattern.as_str()]);
    }
    if let Some(before) = before {
        tests.push("seq < ?".to_owned());
        values.push(before.into());
    }
    let tests = if tests.is_empty() { "1 = 1".to_owned() } else { tests.join(" AND ") };
    (tests, values)
}

/// Deletes up to `limit` of the oldest from before `instant`; answers how many.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn delete_before(tx: &mut Tx, instant: Timestamp, limit: u32) -> Result<u64> {
    let old =
        tx.query("SELECT seq FROM audit_log WHERE at < ? ORDER BY at LIMIT ?", args![instant, limit]).await?;
    let places = old.iter().map(|row| row.int(0).map(Value::from)).collect::<Result<Vec<_>>>()?;
    let mut gone = 0;
    for piece in places.chunks(PIECE) {
        let (marks, places) = in_list(piece.to_vec());
        gone += tx.execute(&format!("DELETE FROM audit_log WHERE seq IN ({marks})"), places).await?;
    }
    Ok(gone)
}

/// How many rows are named in one statement.
const PIECE: usize = 256;

fn read(row: &Row) -> Result<Entry> {
    let door = row.text(2)?;
    Ok(Entry {
        seq: row.int(0)?,
        at: row.time(1)?,
        door: Door::named(&door)
            .ok_or_else(|| StoreError::Corrupt(format!("audit_log.door is {door:?}, which is none")))?,
        actor: row.text(3)?,
        action: row.text(4)?,
        org_id: Some(row.text(5)?).filter(|org_id| !org_id.is_empty()),
        object_id: row.text(6)?,
        detail: row.text(7)?,
    })
}
