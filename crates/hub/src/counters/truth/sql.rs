//! A database as the source.

use super::missing;
use crate::cx::Cx;
use std::collections::HashMap;
use syncline_core::counters::reconcile::Known;
use syncline_core::counters::truth::bind;
use syncline_store::outside::{Outside, text, whole};

/// Keys in one query.
const PIECE: usize = 500;

/// Numbers of these keys, as the query says them.
pub(super) async fn numbers(
    cx: &Cx,
    (name, query): (&str, &str),
    keys: &[&str],
    calls: &mut u64,
) -> Vec<Known> {
    let database = match open(cx, name).await {
        Ok(database) => database,
        Err(why) => return vec![missing(why); keys.len()],
    };
    let many = bind(query, 1, |_| "?".to_owned()).many;
    let mut all = Vec::with_capacity(keys.len());
    for piece in keys.chunks(if many { PIECE } else { 1 }) {
        *calls += 1;
        all.extend(ask(cx, &database, (name, query), piece).await);
    }
    all
}

async fn open(cx: &Cx, name: &str) -> Result<Outside, String> {
    let mut open = cx.counters.databases.open.lock().await;
    if let Some(database) = open.get(name) {
        return Ok(database.clone());
    }
    let url = cx.config.counters.databases.get(name);
    let url =
        url.ok_or_else(|| format!("the configuration names no database {name:?} (counters.databases)"))?;
    let made = Outside::open(url.expose(), cx.config.counters.truth_timeout.get())
        .map_err(|error| error.to_string())?;
    open.insert(name.to_owned(), made.clone());
    Ok(made)
}

async fn ask(cx: &Cx, database: &Outside, (name, query): (&str, &str), keys: &[&str]) -> Vec<Known> {
    let bound = bind(query, keys.len(), |_| "?".to_owned());
    // Each place has all keys, in their order.
    let texts: Vec<&str> = keys.iter().copied().cycle().take(bound.parameters).collect();
    let rows = database.query(&bound.sql, &texts, cx.config.counters.truth_timeout.get()).await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(database = name, %error, "the truth of counters cannot be read");
            let why = match error.is_transient() {
                true => format!("the database {name:?} cannot be asked now"),
                false => format!("the database {name:?} refuses the query; the log says why"),
            };
            return vec![missing(why); keys.len()];
        }
    };
    if !bound.many {
        return match rows.first().map(|row| whole(row, 0)) {
            Some(Some(number)) => vec![Known::Is(number)],
            Some(None) => vec![missing("the query answered no whole number")],
            None => vec![missing("the query answered no row")],
        };
    }
    let found: HashMap<String, Option<i64>> =
        rows.iter().filter_map(|row| Some((text(row, 0)?, whole(row, 1)))).collect();
    let one = |key: &&str| match found.get(*key) {
        Some(Some(number)) => Known::Is(*number),
        Some(None) => missing("the query answered no whole number for it"),
        None => missing(
            "the query answered no row for it: have it answer 0 where there is nothing, as with a LEFT JOIN",
        ),
    };
    keys.iter().map(one).collect()
}
