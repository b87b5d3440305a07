//! What has to be read for syncs, beside what the settings wish for.

use crate::cx::Cx;
use syncline_core::sync::mapping;
use syncline_providers::load::Wish;
use syncline_providers::write::{self, Object};
use syncline_store::connections::Connection;
use syncline_store::{Scope, StoreError, syncs};

/// Adds the types and fields that the connection's syncs speak of.
///
/// # Errors
/// [`StoreError`] as the database says.
pub async fn widen(cx: &Cx, connection: &Connection, wish: &mut Wish) -> Result<(), StoreError> {
    let Some(writer) = write::write(&connection.provider) else { return Ok(()) };
    for party in syncs::parties(&cx.store, &connection.id).await? {
        let Some(sync) = syncs::get(&cx.store, &Scope::All, &party.sync_id).await? else { continue };
        let own = &sync.agreement.sides[party.side];
        let object = Object { object_type: own.object_type.clone(), collection: own.collection.clone() };
        let names = writer.properties(&object, &mapping::fields(&sync.agreement, party.side));
        add(wish, &own.object_type, names);
    }
    Ok(())
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
