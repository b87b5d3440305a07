//! Looking at the mirror.

use super::{COLUMNS, Stored, read};
use crate::value::{Value, args};
use crate::{Dialect, Result, Scope, Store, Tx, connections};
use syncline_core::event::MAX_COLUMN_CHARS;
use syncline_core::time::Timestamp;

/// Which records to read. Empty fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this connection's.
    pub connection_id: Option<String>,
    /// Only of this type.
    pub object_type: Option<String>,
    /// Only in this collection.
    pub collection: Option<String>,
    /// Only with this somewhere in their name, in capital or small letters.
    pub search: Option<String>,
    /// Only archived ones, or only others.
    pub archived: Option<bool>,
    /// Only those that are gone, or only others.
    pub gone: Option<bool>,
}

/// How many records of one type and collection are mirrored. Each counts once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TypeCount {
    /// Their type.
    pub object_type: String,
    /// Where they are, for types that are kept in several places; empty otherwise.
    pub collection: String,
    /// There, and not archived.
    pub live: u64,
    /// There, and archived.
    pub archived: u64,
    /// Gone.
    pub gone: u64,
}

/// One record.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn get(
    store: &Store,
    scope: &Scope,
    connection_id: &str,
    object_type: &str,
    record_id: &str,
) -> Result<Option<Stored>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records WHERE connection_id = ? AND object_type = ? AND record_id = ?"
    );
    let found = store.query(&sql, args![connection_id, object_type, record_id]).await?;
    let found = found.first().map(read).transpose()?;
    Ok(found.filter(|record| scope.admits(&record.org_id)))
}

/// Those of these records of one type that are mirrored.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of(
    store: &Store,
    connection_id: &str,
    object_type: &str,
    ids: &[String],
) -> Result<Vec<Stored>> {
    let mut found = Vec::with_capacity(ids.len());
    for piece in ids.chunks(super::PIECE) {
        let (sql, values) = these(store.dialect(), connection_id, object_type, piece);
        for row in store.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// The same, as seen by this transaction.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn of_in(
    tx: &mut Tx,
    connection_id: &str,
    object_type: &str,
    ids: &[String],
) -> Result<Vec<Stored>> {
    let mut found = Vec::with_capacity(ids.len());
    for piece in ids.chunks(super::PIECE) {
        let (sql, values) = these(tx.dialect(), connection_id, object_type, piece);
        for row in tx.query(&sql, values).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

fn these(dialect: Dialect, connection_id: &str, object_type: &str, ids: &[String]) -> (String, Vec<Value>) {
    let (test, ids) = super::among(dialect, ids.iter().map(String::as_str));
    let sql = format!("SELECT {COLUMNS} FROM records WHERE connection_id = ? AND object_type = ? AND {test}");
    let mut values = args![connection_id, object_type];
    values.extend(ids);
    (sql, values)
}

/// Up to `limit` ids beyond `after`, in their order: of the records of one type that changed, or were found to be gone, since then.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn changed_since(
    store: &Store,
    (connection_id, object_type): (&str, &str),
    since: Timestamp,
    after: &str,
    limit: u32,
) -> Result<Vec<String>> {
    let sql = "SELECT record_id FROM records WHERE connection_id = ? AND object_type = ? AND record_id > ? \
               AND (changed_at >= ? OR gone_at >= ?) ORDER BY record_id LIMIT ?";
    let values = args![connection_id, object_type, after, since, since, limit];
    store.query(sql, values).await?.iter().map(|row| row.text(0)).collect()
}

/// Up to `limit` records beyond `after` (connection, type, id), in the order of these three.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn page(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    after: Option<(String, String, String)>,
    limit: u32,
) -> Result<Vec<Stored>> {
    let after = after.as_ref();
    let org_id = match scope {
        _ if filter.connection_id.is_some() => {
            return part(store, scope, filter, filter.connection_id.as_deref(), after, limit).await;
        }
        Scope::All => return part(store, scope, filter, None, after, limit).await,
        Scope::Organization(org_id) => org_id,
    };
    // Records lie by connection, so an organization's are found connection by connection.
    let mut page = Vec::new();
    for connection in connections::ids_of(store, org_id).await? {
        let wanted = limit - u32::try_from(page.len()).unwrap_or(limit);
        if wanted == 0 {
            break;
        }
        if after.is_none_or(|(last, _, _)| connection >= *last) {
            page.extend(part(store, scope, filter, Some(&connection), after, wanted).await?);
        }
    }
    Ok(page)
}

/// The same of one connection, or of all.
async fn part(
    store: &Store,
    scope: &Scope,
    filter: &Filter,
    connection_id: Option<&str>,
    after: Option<&(String, String, String)>,
    limit: u32,
) -> Result<Vec<Stored>> {
    let mut page = Vec::new();
    for bounds in ranges(connection_id, filter.object_type.as_deref(), after) {
        let wanted = limit - u32::try_from(page.len()).unwrap_or(limit);
        if wanted == 0 {
            break;
        }
        let mut clause = Clause::of(store.dialect(), scope, filter);
        for (test, value) in bounds {
            clause.and(test, value);
        }
        let conditions =
            if clause.tests.is_empty() { "1 = 1".to_owned() } else { clause.tests.join(" AND ") };
        let sql = format!(
            "SELECT {COLUMNS} FROM records WHERE {conditions} ORDER BY connection_id, object_type, record_id LIMIT ?"
        );
        clause.values.push(wanted.into());
        for row in store.query(&sql, clause.values).await? {
            page.push(read(&row)?);
        }
    }
    Ok(page)
}

type Bounds<'a> = Vec<(&'static str, &'a str)>;

/// What lies behind `after`, as ranges of the primary key, one behind the other: the rest of its type, the rest of its connection,
/// the rest. MySQL would not find its way by a comparison of the three at once.
fn ranges<'a>(
    connection_id: Option<&'a str>,
    object_type: Option<&'a str>,
    after: Option<&'a (String, String, String)>,
) -> Vec<Bounds<'a>> {
    let connection = connection_id.map(|id| ("connection_id = ?", id));
    let of_type = object_type.map(|name| ("object_type = ?", name));
    let Some((last, last_type, last_id)) = after else {
        return vec![connection.into_iter().chain(of_type).collect()];
    };
    let mut ranges = Vec::new();
    if connection_id.is_none_or(|own| own == last) {
        let same = ("connection_id = ?", last.as_str());
        if object_type.is_none_or(|own| own == last_type) {
            ranges.push(vec![same, ("object_type = ?", last_type), ("record_id > ?", last_id)]);
        }
        match of_type {
            None => ranges.push(vec![same, ("object_type > ?", last_type)]),
            Some(own) if own.1 > last_type.as_str() => ranges.push(vec![same, own]),
            Some(_) => {}
        }
    }
    match connection {
        None => ranges.push(std::iter::once(("connection_id > ?", last.as_str())).chain(of_type).collect()),
        Some(own) if own.1 > last.as_str() => ranges.push(std::iter::once(own).chain(of_type).collect()),
        Some(_) => {}
    }
    ranges
}

/// A growing `WHERE`.
struct Clause {
    tests: Vec<String>,
    values: Vec<Value>,
}

impl Clause {
    /// All but connection and type.
    fn of(dialect: Dialect, scope: &Scope, filter: &Filter) -> Self {
        let mut clause = Self { tests: Vec::new(), values: Vec::new() };
        // SQLite has no statistics and would take the index that has the most of these columns, and sort. A `+` hides one.
        let hide = if dialect == Dialect::Sqlite { "+" } else { "" };
        if let Scope::Organization(org_id) = scope {
            clause.and(&format!("{hide}org_id = ?"), org_id.as_str());
        }
        if let Some(collection) = &filter.collection {
            clause.and(&format!("{hide}collection = ?"), collection.as_str());
        }
        if let Some(archived) = filter.archived {
            clause.and("archived = ?", archived);
        }
        match filter.gone {
            Some(true) => clause.tests.push("gone_at IS NOT NULL".to_owned()),
            Some(false) => clause.tests.push("gone_at IS NULL".to_owned()),
            None => {}
        }
        match filter.search.as_deref().map(str::to_lowercase) {
            // No name in this column is that long, and SQLite refuses long patterns.
            Some(search) if search.chars().count() > MAX_COLUMN_CHARS => {
                clause.tests.push("1 = 0".to_owned())
            }
            Some(search) if !search.is_empty() => clause.and("name LIKE ? ESCAPE '!'", pattern(&search)),
            _ => {}
        }
        clause
    }

    fn and(&mut self, test: &str, value: impl Into<Value>) {
        self.tests.push(test.to_owned());
        self.values.push(value.into());
    }
}

/// What finds `search` anywhere.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::with_capacity(search.len() + 2);
    pattern.push('%');
    for c in search.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(if c == '\0' { '\u{fffd}' } else { c });
    }
    pattern.push('%');
    pattern
}

/// How many records of a connection are mirrored, by type and collection, in that order.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn count(store: &Store, scope: &Scope, connection_id: &str) -> Result<Vec<TypeCount>> {
    let (own, values) = match scope {
        Scope::All => ("", args![connection_id]),
        Scope::Organization(org_id) => (" AND org_id = ?", args![connection_id, org_id.as_str()]),
    };
    let sql = format!(
        "SELECT object_type, collection, COUNT(CASE WHEN gone_at IS NULL AND archived = 0 THEN 1 END), \
         COUNT(CASE WHEN gone_at IS NULL AND archived = 1 THEN 1 END), COUNT(gone_at) FROM records \
         WHERE connection_id = ?{own} GROUP BY object_type, collection ORDER BY object_type, collection"
    );
    let rows = store.query(&sql, values).await?;
    rows.iter()
        .map(|row| {
            let number = |at| row.int(at).map(|count| u64::try_from(count).unwrap_or(0));
            Ok(TypeCount {
                object_type: row.text(0)?,
                collection: row.text(1)?,
                live: number(2)?,
                archived: number(3)?,
                gone: number(4)?,
            })
        })
        .collect()
}
