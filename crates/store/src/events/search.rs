//! What somebody may mean who pastes something into the search of events, found without looking at all of them.
//!
//! A text is looked up before events are: it may be an event's id, the beginning of records' ids, a part of the name of a kind, the
//! beginning of an account's id, or a part of what people call an account. Each of what it was found to mean has an index of events, and a
//! page reads only so many rows of each: a search costs the same however much is stored.

use super::filter::{Clause, Reading, Span};
use super::{COLUMNS, Filter, StoredEvent, read};
use crate::connections;
use crate::value::{Value, args, in_list, storable};
use crate::{Dialect, Result, Scope, Store};
use std::collections::BTreeSet;
use syncline_core::cursor::Order;
use syncline_core::event::{EventId, column_text};

/// The most records, kinds, and accounts that a search is followed to, each.
pub const MOST: usize = 20;
/// The most different kinds of events that are looked through for a part of a name.
const KINDS: usize = 500;
/// Places that are looked into with one statement.
pub(super) const PIECE: usize = 40;
/// Behind every text that begins alike.
const LAST: char = '\u{10ffff}';

/// What a text was found to mean. Events that fit one of these are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The text.
    pub text: String,
    /// The event with this id.
    pub event: Option<EventId>,
    /// Records with these ids.
    pub object_ids: Vec<String>,
    /// Events of these kinds.
    pub kinds: Vec<String>,
    /// Events of these accounts.
    pub accounts: Vec<String>,
    /// Whether it could mean more than [`MOST`] records, kinds or accounts, and is followed to the first of them.
    pub is_cut: bool,
}

/// What a text may mean, among the events that are stored and the connections in scope.
///
/// # Errors
/// [`crate::StoreError`] as the database says.
pub async fn meaning(store: &Store, scope: &Scope, text: &str) -> Result<Search> {
    let text = storable(text.trim());
    let wanted = text.to_lowercase();
    let mut all = Search { event: EventId::parse(&text), text: text.clone(), ..Search::default() };
    if text.is_empty() || column_text(&text) != text {
        return Ok(all);
    }
    all.object_ids = beginning(store, "object_id", &text, MOST + 1).await?;
    let kinds = beginning(store, "kind", "", KINDS).await?;
    all.kinds = kinds.into_iter().filter(|kind| kind.to_lowercase().contains(&wanted)).collect();
    let mut accounts: BTreeSet<String> =
        beginning(store, "account", &text, MOST + 1).await?.into_iter().collect();
    let named = connections::Filter { search: Some(text), ..connections::Filter::default() };
    let most = u32::try_from(MOST + 1).unwrap_or(u32::MAX);
    let named = connections::list(store, scope, &named, most).await?;
    accounts.extend(named.into_iter().map(|connection| connection.account));
    all.accounts = accounts.into_iter().filter(|account| !account.is_empty()).collect();
    for found in [&mut all.object_ids, &mut all.kinds, &mut all.accounts] {
        all.is_cut |= found.len() > MOST;
        found.truncate(MOST);
    }
    Ok(all)
}

/// Up to `most` different values of a column that begin so, in their order: a look into its index for each.
async fn beginning(store: &Store, column: &str, begins: &str, most: usize) -> Result<Vec<String>> {
    let (mut found, end) = (Vec::<String>::new(), format!("{begins}{LAST}"));
    while found.len() < most {
        let (test, from) = match found.last() {
            Some(last) => (">", last.as_str()),
            None => (">=", begins),
        };
        let sql = format!(
            "SELECT {column} FROM events WHERE {column} {test} ? AND {column} < ? ORDER BY {column} LIMIT 1"
        );
        match store.query(&sql, args![from, end.as_str()]).await?.first() {
            Some(row) => found.push(row.text(0)?),
            None => break,
        }
    }
    Ok(found)
}

impl Search {
    /// Whether it means nothing that there is.
    #[must_use]
    pub fn is_vain(&self) -> bool {
        self.event.is_none()
            && self.object_ids.is_empty()
            && self.kinds.is_empty()
            && self.accounts.is_empty()
    }

    /// The same question once for each of what the text may mean: other filters hold as well.
    fn each(&self, filter: &Filter) -> Vec<(Filter, Option<EventId>)> {
        let rest = Filter { search: None, ..filter.clone() };
        let with = |own: &Option<String>, value: &str, narrowed: &dyn Fn(String) -> Filter| {
            let fits = own.as_ref().is_none_or(|own| own == value);
            fits.then(|| (narrowed(value.to_owned()), None))
        };
        let objects = self
            .object_ids
            .iter()
            .filter_map(|id| with(&rest.object_id, id, &|id| Filter { object_id: Some(id), ..rest.clone() }));
        let accounts = self.accounts.iter().filter_map(|account| {
            with(&rest.account, account, &|account| Filter { account: Some(account), ..rest.clone() })
        });
        let kinds = self
            .kinds
            .iter()
            .filter_map(|kind| with(&rest.kind, kind, &|kind| Filter { kind: Some(kind), ..rest.clone() }));
        let event = self.event.map(|id| (rest.clone(), Some(id)));
        objects.chain(accounts).chain(kinds).chain(event).collect()
    }

    /// The same without the event whose id the text is, which needs no looking for.
    pub(super) fn ways(&self, filter: &Filter) -> Vec<Filter> {
        self.each(filter).into_iter().filter(|(_, event)| event.is_none()).map(|(way, _)| way).collect()
    }

    /// Whether an event is meant, as a test of a row that was found otherwise. What was stored since counts as well: another record whose
    /// id begins so.
    pub(super) fn test(&self, dialect: Dialect) -> (String, Vec<Value>) {
        // Hidden from SQLite, which would follow the indexes instead of the order of storing.
        let hide = if dialect == Dialect::Sqlite { "+" } else { "" };
        let text = column_text(&self.text);
        let mut tests = vec![format!("({hide}object_id >= ? AND {hide}object_id < ?)")];
        let mut values = args![text.as_str(), format!("{text}{LAST}")];
        for (column, wanted) in [("kind", &self.kinds), ("account", &self.accounts)] {
            if !wanted.is_empty() {
                let (marks, some) = in_list(wanted.iter().map(|one| Value::from(one.as_str())).collect());
                tests.push(format!("{hide}{column} IN ({marks})"));
                values.extend(some);
            }
        }
        if let Some(id) = self.event {
            tests.push(format!("{hide}id = ?"));
            values.push(id.into());
        }
        (format!("({})", tests.join(" OR ")), values)
    }
}

/// A page of events that a search means, as [`super::page`] has it.
pub(super) async fn page(
    store: &Store,
    scope: &Scope,
    (filter, search): (&Filter, &Search),
    order: Order,
    span: Span,
    limit: u32,
) -> Result<Vec<StoredEvent>> {
    let direction = if order == Order::OldestFirst { "ASC" } else { "DESC" };
    let mut ids = BTreeSet::new();
    for some in search.each(filter).chunks(PIECE) {
        let mut values = Vec::new();
        let of_one = |(place, (filter, event)): (usize, &(Filter, Option<EventId>))| {
            let mut clause = Clause::within(store.dialect(), scope, filter, Reading::ByTime, span);
            if let Some(event) = event {
                clause.and("id = ?", *event);
            }
            values.append(&mut clause.values);
            values.push(limit.into());
            let inner = format!("SELECT id FROM events{} ORDER BY id {direction} LIMIT ?", clause.text);
            format!("SELECT * FROM ({inner}) way_{place}")
        };
        let sql = some.iter().enumerate().map(of_one).collect::<Vec<_>>().join(" UNION ALL ");
        for row in store.query(&sql, values).await? {
            ids.insert(row.bytes(0)?);
        }
    }
    let count = limit as usize;
    let ids: Vec<Value> = match order {
        Order::OldestFirst => ids.into_iter().take(count).map(Value::from).collect(),
        Order::NewestFirst => ids.into_iter().rev().take(count).map(Value::from).collect(),
    };
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (marks, values) = in_list(ids);
    let sql = format!("SELECT {COLUMNS} FROM events WHERE id IN ({marks}) ORDER BY id {direction}");
    store.query(&sql, values).await?.iter().map(read).collect()
}
