//! Every change is in the mirror: what the hub has of each record is what its provider says of it.

use super::records::{Records, at_airtable, at_hubspot, at_notion, at_tentoeight};
use super::report::Finding;
use crate::cli::demo::people::people_at_notion;
use crate::cli::demo::stage::Stage;
use crate::cli::remote::segment;
use anyhow::Result;
use serde_json::Value;

/// What is read of each type at HubSpot, as in the hub's defaults.
const HUBSPOT: [(&str, &str); 3] = [
    (
        "contacts",
        "firstname,lastname,email,phone,company,tte_customer_uri,tte_customer_secondary_emails,tte_customer_secondary_phone",
    ),
    ("companies", "name,domain,industry,city,state"),
    ("deals", "dealname,amount,dealstage,pipeline,closedate"),
];
/// What of a customer is compared.
const CUSTOMER: [&str; 4] = ["name", "emails", "numbers", "custom_fields"];

/// Compares all four.
///
/// # Errors
/// When one of them, or the hub, does not answer.
pub(super) async fn prove(stage: &Stage) -> Result<Finding> {
    let ids = stage.ids()?;
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut compare = |what: &str, there: &Records, here: &Records, member: Option<&str>, only: &[&str]| {
        compared += there.len();
        wrong.extend(differences(what, there, here, member, only));
    };
    for (object, properties) in HUBSPOT {
        let there = at_hubspot(stage, object, properties).await?;
        let here = mirrored(stage, &ids.hubspot, object, None).await?;
        let only: Vec<&str> = properties.split(',').collect();
        compare(object, &there, &here, Some("properties"), &only);
    }
    let here = mirrored(stage, &ids.tentoeight, "customer", None).await?;
    compare("customers", &at_tentoeight(stage).await?, &here, None, &CUSTOMER);
    let credentials = stage.world.credentials();
    for base in credentials["airtable"]["bases"].as_array().into_iter().flatten().take(1) {
        for table in base["tables"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let place = format!("{}/{}", text(&base["base_id"]), text(&table["table_id"]));
            let there = at_airtable(stage, &place).await?;
            let here = mirrored(stage, &ids.airtable, "row", Some(&place)).await?;
            compare("rows", &there, &here, Some("fields"), &[]);
        }
    }
    let source = people_at_notion(&credentials);
    let here = mirrored(stage, &ids.notion, "page", Some(&source)).await?;
    compare(
        "pages",
        &at_notion(stage, &source).await?,
        &here,
        Some("properties"),
        &["Name", "Phone", "Email"],
    );
    Ok(Finding::new("the mirror is what the providers have", format!("{compared} records compared"), wrong))
}

/// What the hub has of the records of a type that are there.
async fn mirrored(stage: &Stage, connection: &str, object: &str, place: Option<&str>) -> Result<Records> {
    let place = place.map(|place| format!("&collection={}", segment(place))).unwrap_or_default();
    let path = format!(
        "/v1/records?connection_id={}&object_type={object}&gone=false&archived=false{place}",
        segment(connection)
    );
    let found = stage.all(&path).await?;
    let id = |record: &Value| record["id"].as_str().map(str::to_owned);
    Ok(found.iter().filter_map(|record| Some((id(record)?, record["body"].clone()))).collect())
}

/// Where both differ: in who is there, and in what `only` names below `member`; in all of it when nothing is named.
fn differences(
    what: &str,
    there: &Records,
    here: &Records,
    member: Option<&str>,
    only: &[&str],
) -> Vec<String> {
    let below = |record: &Value| member.map_or_else(|| record.clone(), |member| record[member].clone());
    let mut wrong = Vec::new();
    for (id, record) in there {
        let Some(mirrored) = here.get(id) else {
            wrong.push(format!("{what} {id} is not in the mirror"));
            continue;
        };
        let (record, mirrored) = (below(record), below(mirrored));
        let names: Vec<&str> = match only {
            [] => record.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect(),
            only => only.to_vec(),
        };
        let differs = names.into_iter().filter(|name| !same(&record[*name], &mirrored[*name]));
        wrong.extend(differs.map(|name| {
            format!("{what} {id}: {name} is {} and the mirror has {}", record[name], mirrored[name])
        }));
    }
    let gone = here.keys().filter(|id| !there.contains_key(*id));
    wrong.extend(gone.map(|id| format!("{what} {id} is gone, and the mirror has it")));
    wrong
}

/// Nothing, an empty text and a field that is not there are the same.
fn same(a: &Value, b: &Value) -> bool {
    let is_nothing = |value: &Value| value.is_null() || value == "";
    a == b || (is_nothing(a) && is_nothing(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(id: &str, phone: &Value) -> Records {
        Records::from([(id.to_owned(), json!({ "properties": { "phone": phone, "else": 1 } }))])
    }

    #[test]
    fn differences_are_named_and_nothing_is_nothing() {
        let compare = |there: &Records, here: &Records| {
            differences("contacts", there, here, Some("properties"), &["phone"])
        };
        assert!(compare(&one("1", &json!("")), &one("1", &Value::Null)).is_empty());
        assert!(compare(&one("1", &json!("7")), &one("1", &json!("7"))).is_empty());
        assert_eq!(compare(&one("1", &json!("7")), &one("1", &json!("8"))).len(), 1);
        assert_eq!(
            compare(&one("1", &json!("7")), &one("2", &json!("7"))).len(),
            2,
            "one is missing, one too many"
        );
        assert!(
            differences("x", &one("1", &json!("7")), &one("1", &json!("7")), Some("properties"), &[])
                .is_empty()
        );
    }
}
