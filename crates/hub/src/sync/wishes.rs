//! What has to be read for syncs, beside what the settings wish for.

use crate::cx::Cx;
use std::collections::BTreeSet;
use syncline_core::sync::{Side, mapping};
use syncline_providers::load::Wish;
use syncline_providers::write::{self, Object};
use syncline_store::connections::Connection;
use syncline_store::{Scope, StoreError, Tx, syncs};

/// Adds the types and fields that the connection's syncs speak of.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn widen(cx: &Cx, connection: &Connection, wish: &mut Wish) -> Result<(), StoreError> {
    let Some(writer) = write::write(&connection.provider) else { return Ok(()) };
    let filter = syncs::Filter { connection_id: Some(connection.id.clone()), ..syncs::Filter::default() };
    for sync in syncs::list(&cx.store, &Scope::All, &filter, None, MOST).await? {
        for side in Side::BOTH.into_iter().filter(|side| sync.connections[*side] == connection.id) {
            let own = &sync.agreement.sides[side];
            let object = Object { object_type: own.object_type.clone(), collection: own.collection.clone() };
            let names = writer.properties(&object, &mapping::fields(&sync.agreement, side));
            add(wish, &own.object_type, names);
        }
    }
    Ok(())
}

/// The most syncs of one connection whose fields are read.
const MOST: u32 = 1_000;

/// The types of records that the connection's syncs are about, as seen by this transaction.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn types(tx: &mut Tx, connection_id: &str) -> Result<BTreeSet<String>, StoreError> {
    let parties = syncs::on_connection(tx, connection_id).await?;
    Ok(parties.into_iter().map(|party| party.object_type).collect())
}

fn add(wish: &mut Wish, object_type: &str, names: Vec<String>) {
    if !names.is_empty() {
        let properties = wish.properties.entry(object_type.to_owned()).or_default();
        let new: Vec<String> = names.into_iter().filter(|name| !properties.contains(name)).collect();
        properties.extend(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sync_adds_its_fields_to_those_that_are_read_anyway() {
        let mut wish = Wish::default();
        wish.properties.insert("contacts".to_owned(), vec!["email".to_owned()]);
        add(&mut wish, "contacts", vec!["email".to_owned(), "tte_customer_uri".to_owned()]);
        add(&mut wish, "customer", Vec::new());
        assert_eq!(wish.properties["contacts"], ["email", "tte_customer_uri"]);
        assert!(!wish.properties.contains_key("customer"));
    }
}
