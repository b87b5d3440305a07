//! A database as the source.

use super::{away, missing};
use crate::counters::ask::Stopped;
use crate::cx::Cx;
use std::collections::HashMap;
use syncline_core::counters::reconcile::Known;
use syncline_core::counters::truth::bind;
use syncline_store::Row;
use syncline_store::outside::{Outside, text, whole};

/// Keys in one query.
const PIECE: usize = 500;

/// Numbers of these keys, as the query says them.
pub(super) async fn numbers(
    cx: &Cx,
    (name, query): (&str, &str),
    keys: &[&str],
    calls: &mut u64,
) -> Result<Vec<Known>, Stopped> {
    let database = match open(cx, name).await {
        Ok(database) => database,
        Err(why) => return Ok(vec![missing(why); keys.len()]),
    };
    let many = bind(query, 1, |_| "?".to_owned()).many;
    let mut all = Vec::with_capacity(keys.len());
    for piece in keys.chunks(if many { PIECE } else { 1 }) {
        *calls += 1;
        all.extend(ask(cx, &database, (name, query), piece).await?);
    }
    Ok(all)
}

async fn open(cx: &Cx, name: &str) -> Result<Outside, String> {
    let mut open = cx.counters.databases.lock().await;
    if let Some(database) = open.get(name) {
        return Ok(database.clone());
    }
    let place = cx.config.counters.databases.get(name);
    let place =
        place.ok_or_else(|| format!("the configuration names no database {name:?} (counters.databases)"))?;
    let made = Outside::open(place.url.expose(), cx.config.counters.truth_timeout.get())
        .map_err(|error| error.to_string())?;
    open.insert(name.to_owned(), made.clone());
    Ok(made)
}

async fn ask(
    cx: &Cx,
    database: &Outside,
    (name, query): (&str, &str),
    keys: &[&str],
) -> Result<Vec<Known>, Stopped> {
    let bound = bind(query, keys.len(), |_| "?".to_owned());
    // Each place has all keys, in their order.
    let texts: Vec<&str> = keys.iter().copied().cycle().take(bound.parameters).collect();
    // One more than there may be, to see that there are more.
    let most = keys.len() + 1;
    let rows = database.query(&bound.sql, &texts, most, cx.config.counters.truth_timeout.get()).await;
    match rows {
        Ok(rows) if rows.len() == most => Ok(vec![missing(TOO_MANY); keys.len()]),
        Ok(rows) if bound.many => Ok(of_many(&rows, keys)),
        Ok(rows) => Ok(vec![of_one(&rows)]),
        Err(error) => {
            tracing::warn!(database = name, %error, "the truth of counters cannot be read");
            if error.is_transient() {
                return Err(away(format!("the database {name:?} cannot be asked now")));
            }
            let why = format!("the database {name:?} refuses the query; the log says why");
            Ok(vec![missing(why); keys.len()])
        }
    }
}

/// Which of several numbers would be meant, nobody knows.
const TOO_MANY: &str =
    "the query answered more rows than it was asked for: have it answer one for each key, as with GROUP BY";

fn of_one(rows: &[Row]) -> Known {
    match rows.first().map(|row| whole(row, 0)) {
        Some(Some(number)) => Known::Is(number),
        Some(None) => missing("the query answered no whole number"),
        None => missing("the query answered no row"),
    }
}

fn of_many(rows: &[Row], keys: &[&str]) -> Vec<Known> {
    let mut found: HashMap<String, Vec<Option<i64>>> = HashMap::new();
    for row in rows {
        if let Some(key) = text(row, 0) {
            found.entry(key).or_default().push(whole(row, 1));
        }
    }
    let one = |key: &&str| match found.get(*key).map(Vec::as_slice) {
        Some([Some(number)]) => Known::Is(*number),
        Some([None]) => missing("the query answered no whole number for it"),
        Some([_, _, ..]) => missing(TOO_MANY),
        Some([]) | None => missing(
            "the query answered no row for it: have it answer 0 where there is nothing, as with a LEFT JOIN",
        ),
    };
    keys.iter().map(one).collect()
}
