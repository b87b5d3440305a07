//! Both sides of the sync are equal: each linked person, field by field through the mapping, as the providers show them. What is held and
//! what a person has to decide is listed apart, and nobody is left without a counterpart.

use super::records::{Records, at_hubspot, at_tentoeight};
use super::report::Finding;
use crate::cli::demo::stage::Stage;
use crate::cli::remote::segment;
use anyhow::{Context as _, Result};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use syncline_core::sync::mapping::{alike, convert, face};
use syncline_core::sync::{Agreement, Fields, Rule, Schema, Side, Sides, Value};

/// The contact's properties that are mapped.
const PROPERTIES: &str =
    "firstname,lastname,email,phone,tte_customer_secondary_emails,tte_customer_secondary_phone";

/// Compares both sides.
///
/// # Errors
/// When one of them, or the hub, does not answer.
pub(super) async fn prove(stage: &Stage) -> Result<Finding> {
    let id = segment(&stage.ids()?.sync);
    let shown = stage.get(&format!("/v1/syncs/{id}")).await?;
    let agreement: Agreement =
        serde_json::from_value(shown["agreement"].clone()).context("the sync's agreement")?;
    let schemas: Sides<Schema> = serde_json::from_value(stage.get(&format!("/v1/syncs/{id}/schema")).await?)?;
    let links = stage.all(&format!("/v1/syncs/{id}/links?state=linked")).await?;
    let open = stage.all(&format!("/v1/conflicts?sync_id={id}&state=open")).await?;
    let ended = stage.all(&format!("/v1/syncs/{id}/links?state=ended")).await?;
    let kept: Vec<&Json> = ended.iter().filter(|link| link["ended"]["why"] == "unlinked").collect();
    let mut pair = Pairing {
        agreement: &agreement,
        schemas: &schemas,
        contacts: at_hubspot(stage, "contacts", PROPERTIES).await?,
        customers: at_tentoeight(stage).await?,
        open: &open,
        wrong: Vec::new(),
        held: 0,
        undecided: 0,
    };
    for link in &links {
        pair.compare(link);
    }
    pair.look_for_the_lonely(links.iter().chain(kept.iter().copied()));
    let figures = format!("{} people, {} rules each", links.len(), agreement.rules.len());
    let mut apart = vec![format!(
        "{} values that HubSpot does not take are held; {} conflicts are open, about {} of the fields compared",
        pair.held,
        open.len(),
        pair.undecided
    )];
    if !kept.is_empty() {
        apart.push(format!(
            "{} stay on one side, which lets nobody delete them: a customer with bookings",
            kept.len()
        ));
    }
    Ok(Finding::new("both sides of the sync are equal", figures, pair.wrong).apart(apart))
}

/// The comparison under way.
struct Pairing<'a> {
    agreement: &'a Agreement,
    schemas: &'a Sides<Schema>,
    contacts: Records,
    customers: Records,
    open: &'a [Json],
    wrong: Vec<String>,
    held: usize,
    undecided: usize,
}

impl Pairing<'_> {
    fn compare(&mut self, link: &Json) {
        let id = |side: &str| link[side].as_str().unwrap_or_default().to_owned();
        let (left, right) = (id("left_id"), id("right_id"));
        let about_deletion = |open: &&Json| open["link_id"] == link["id"] && open["kind"] == "deletion";
        let (Some(contact), Some(customer)) = (self.contacts.get(&left), self.customers.get(&right)) else {
            if self.open.iter().any(|open| about_deletion(&open)) {
                self.undecided += 1;
            } else {
                self.wrong.push(format!("{} is linked to {right}, and one of them is gone", left));
            }
            return;
        };
        let (contact, customer) = (contact_fields(contact), customer_fields(customer));
        for rule in &self.agreement.rules {
            if is_about(&link["held"], "rule", &rule.name) {
                self.held += 1;
            } else if self.open.iter().any(|open| is_open_about(open, link, rule)) {
                self.undecided += 1;
            } else if !is_equal(rule, self.schemas, &contact, &customer) {
                let (here, there) = (face(rule, Side::Left, &contact), face(rule, Side::Right, &customer));
                self.wrong.push(format!("{left} and {right}, {}: {:?} and {:?}", rule.name, here.0, there.0));
            }
        }
    }

    /// Whoever has no link has nothing that could be carried over, or is what somebody has to decide.
    fn look_for_the_lonely<'b>(&mut self, links: impl Iterator<Item = &'b Json>) {
        let known: BTreeSet<&str> =
            links.flat_map(|link| [&link["left_id"], &link["right_id"]]).filter_map(Json::as_str).collect();
        let asked = self.open.iter().map(Json::to_string).collect::<String>();
        let lonely = |id: &&String| !known.contains(id.as_str()) && !asked.contains(id.as_str());
        let contacts =
            self.contacts.iter().filter(|(id, _)| lonely(id)).map(|(id, one)| (id, contact_fields(one)));
        let customers =
            self.customers.iter().filter(|(id, _)| lonely(id)).map(|(id, one)| (id, customer_fields(one)));
        let somebody =
            contacts.chain(customers).filter(|(_, fields)| fields.values().any(|value| !value.is_empty()));
        let lonely: Vec<String> = somebody.map(|(id, _)| format!("{id} has no counterpart")).collect();
        self.wrong.extend(lonely);
    }
}

fn is_about(list: &Json, member: &str, name: &str) -> bool {
    list.as_array().into_iter().flatten().any(|one| one[member] == name)
}

fn is_open_about(open: &Json, link: &Json, rule: &Rule) -> bool {
    open["link_id"] == link["id"] && open["about"].to_string().contains(&format!("\"{}\"", rule.name))
}

/// Whether the customer shows what the contact does, through the mapping.
fn is_equal(rule: &Rule, schemas: &Sides<Schema>, contact: &Fields, customer: &Fields) -> bool {
    let (here, there) = (face(rule, Side::Left, contact), face(rule, Side::Right, customer));
    let wanted = convert(rule, Side::Left, &here, &schemas.right, Some(&there));
    alike(rule, Side::Right, &wanted, &there)
}

fn contact_fields(contact: &Json) -> Fields {
    let value = |name: &str| Value::text(contact["properties"][name].as_str().unwrap_or_default());
    PROPERTIES.split(',').map(|name| (name.to_owned(), value(name))).collect()
}

fn customer_fields(customer: &Json) -> Fields {
    let list = |name: &str| {
        Value::list(
            customer[name].as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned),
        )
    };
    let name = Value::text(customer["name"].as_str().unwrap_or_default());
    [("name", name), ("emails", list("emails")), ("numbers", list("numbers"))]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}
