//! Records read by their ids, for whoever knows which: how they are read, put into the mirror, and told of.

use super::Wanted;
use crate::connect::{Line, Patience, Trouble};
use crate::cx::Cx;
use crate::news;
use crate::sync::{note as syncs, wishes};
use syncline_core::record::Record;
use syncline_providers::load::{self, Found, Wish};
use syncline_store::connections::Connection;
use syncline_store::records::{self, Effect, Reading};
use syncline_store::{Scope, StoreError, Tx};

/// Reads records by their ids.
///
/// # Errors
/// [`Trouble`].
pub async fn read(
    cx: &Cx,
    connection_id: &str,
    wish: &Wish,
    (object_type, collection): (&str, &str),
    ids: &[String],
    purpose: &'static str,
) -> Result<Vec<Found>, Trouble> {
    let line = Line::new(cx, connection_id, purpose);
    let mut patience = Patience::default();
    loop {
        let ready = line.ready().await?;
        let at = ready.at();
        let Some(loader) = load::load(&ready.access.connection.provider) else { return Ok(Vec::new()) };
        let call = loader.read(&at, wish, object_type, collection, ids);
        let fault = match ready.send(&call).await {
            Ok(answer) => match loader.read_back(&at, object_type, collection, ids, &answer.reply()) {
                Ok(found) => return Ok(found),
                Err(fault) => fault,
            },
            Err(fault) => fault,
        };
        line.recover(&ready, &call, fault, &mut patience).await?;
    }
}

/// What is read of this connection's records: as the settings say, and what its syncs need.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn wish(cx: &Cx, connection: &Connection) -> Result<Wish, StoreError> {
    let mut wish = Wanted::default().wish(cx, &connection.provider);
    wishes::widen(cx, connection, &mut wish).await?;
    Ok(wish)
}

/// Puts what was read by its id into the mirror. `except` is the sync that it was read for, which knows of it.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn keep(
    cx: &Cx,
    reading: &Reading<'_>,
    object_type: &str,
    found: &[Found],
    except: Option<&str>,
) -> Result<(), StoreError> {
    let (here, gone) = sorted(cx, reading, found).await?;
    let mut tx = cx.store.begin().await?;
    mirror(cx, &mut tx, reading, object_type, (here, &gone), except).await?;
    tx.commit().await
}

async fn mirror(
    cx: &Cx,
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    (here, gone): (Vec<Record>, &[String]),
    except: Option<&str>,
) -> Result<(), StoreError> {
    let effects = write(tx, reading, object_type, (here, gone)).await?;
    follow(cx, tx, reading, &effects, except).await
}

/// Writes what was read.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn write(
    tx: &mut Tx,
    reading: &Reading<'_>,
    object_type: &str,
    (here, gone): (Vec<Record>, &[String]),
) -> Result<Vec<Effect>, StoreError> {
    let mut effects = records::write(tx, reading, here).await?.effects;
    effects.extend(records::mark_gone(tx, reading, object_type, gone).await?);
    Ok(effects)
}

/// Who hears of what changed.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn follow(
    cx: &Cx,
    tx: &mut Tx,
    reading: &Reading<'_>,
    effects: &[Effect],
    except: Option<&str>,
) -> Result<(), StoreError> {
    syncs::changed(cx, tx, reading.connection_id, effects, except).await?;
    news::records::changed(cx, tx, reading, effects).await
}

/// What is there, and the ids of what is not.
///
/// # Errors
/// [`StoreError`] as the database says.
pub(super) async fn sorted(
    cx: &Cx,
    reading: &Reading<'_>,
    found: &[Found],
) -> Result<(Vec<Record>, Vec<String>), StoreError> {
    let (mut here, mut gone) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Found::Here(record) => here.push((**record).clone()),
            Found::Gone(id) => gone.push(id.clone()),
        }
    }
    keep_what_singles_lack(cx, reading.connection_id, &mut here).await?;
    Ok((here, gone))
}

/// A record that is read alone may come without its name and without the way to it, which only its list tells (Airtable, Notion):
/// then what the mirror knows of them stays.
async fn keep_what_singles_lack(cx: &Cx, connection_id: &str, here: &mut [Record]) -> Result<(), StoreError> {
    for record in here.iter_mut().filter(|record| {
        record.item.name.is_empty()
            || record.item.parent_path_or_name.is_none() && !record.collection.is_empty()
    }) {
        let known =
            records::get(&cx.store, &Scope::All, connection_id, &record.object_type, &record.id).await?;
        let Some(known) = known else { continue };
        if record.item.name.is_empty() {
            record.item.name = known.item.name;
        }
        let way = &mut record.item.parent_path_or_name;
        *way = way.take().or(known.item.parent_path_or_name);
    }
    Ok(())
}
