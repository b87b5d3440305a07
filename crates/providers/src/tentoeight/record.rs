//! From a customer to a record (10to8 facts 4).

use super::load::CUSTOMER;
use crate::load::Found;
use crate::objects;
use crate::wire::Fault;
use serde_json::Value;
use syncline_core::record::{Item, Record};

/// The longest URI that fits a column.
pub(super) const LONGEST: usize = 255;

/// A customer as a record, or as one that was deleted. The id is the whole URI, exactly as 10to8 writes it: nothing else is
/// known to identify a customer, webhooks name it so, and it is the address to write to.
///
/// # Errors
/// [`Fault::Unreadable`] without a URI: to skip such a customer would be to take it for gone.
pub fn read(customer: &Value) -> Result<Found, Fault> {
    let uri = objects::text(customer, "resource_uri")
        .filter(|uri| uri.len() <= LONGEST)
        .ok_or(Fault::Unreadable("a customer without a resource_uri"))?;
    if customer["deleted"] == true {
        return Ok(Found::Gone(uri.to_owned()));
    }
    let first = |key: &str| customer[key][0].as_str().filter(|text| !text.is_empty());
    let name = objects::text(customer, "name").or_else(|| first("emails")).or_else(|| first("numbers"));
    let item =
        Item { name: name.map(objects::name).unwrap_or_default(), visibility: Some(true), ..Item::default() };
    Ok(Found::Here(Box::new(Record {
        object_type: CUSTOMER.to_owned(),
        collection: String::new(),
        id: uri.to_owned(),
        modified_at: None,
        archived: false,
        merged_ids: Vec::new(),
        item,
        body: customer.to_string(),
    })))
}
