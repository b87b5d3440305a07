//! A search carried out: which records, in which order, which page of them (HubSpot facts 3.4).

use super::super::error::ApiError;
use super::super::objects::store::Records;
use super::super::objects::{Column, View};
use super::super::state::Portal;
use super::super::types::TypeId;
use super::filter::{Class, Compiler, Ready};
use super::request::Request;
use super::seen::{Field, Index, Seen, digits};
use super::settings::Settings;
use super::tokens::Pattern;
use crate::house::Dice;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many there are.
    pub(crate) total: usize,
    /// The page.
    pub(crate) ids: Vec<u64>,
    /// Where the next page begins.
    pub(crate) next: Option<usize>,
}

/// Of fewer records than this all are looked at: the indexes are current, and search is not.
const SMALL: usize = 20_000;

/// Searches.
///
/// # Errors
/// When a filter or the order names what is not there, or a value does not fit.
pub(crate) fn run(
    portal: &Portal,
    object_type: TypeId,
    request: &Request,
    (settings, now): (&Settings, i64),
    dice: impl FnOnce() -> Dice,
) -> Result<Found, ApiError> {
    let records = portal.objects.of(object_type);
    let compiler = Compiler { portal, object_type, records, settings };
    let groups = request
        .groups
        .iter()
        .map(|group| group.iter().map(|filter| compiler.ready(filter)).collect())
        .collect::<Result<Vec<Vec<Ready>>, _>>()?;
    let order = order(&compiler, request)?;
    let index = Index { until: now - settings.index_lag_ms };
    let query = request
        .query
        .as_deref()
        .map(|text| (Pattern::of_query(text, settings.query_finds_beginnings), searchable(&compiler)));
    let passes = |view: &View<'_>| {
        index.has(*view)
            && (groups.is_empty()
                || groups.iter().any(|group| group.iter().all(|one| one.lets_pass(portal, index, *view))))
            && query.as_ref().is_none_or(|(pattern, fields)| is_found(pattern, fields, index, *view))
    };
    let Some(records) = records else { return Ok(Found::default()) };
    let found: Vec<(Place, u64)> = match only(&groups, records) {
        Some(ids) => {
            let views = ids.into_iter().filter_map(|id| records.get(id));
            views.filter(passes).map(|view| (order.place(index, view), view.id)).collect()
        }
        None => records.live().filter(passes).map(|view| (order.place(index, view), view.id)).collect(),
    };
    let mut page = paged(found, request, &order);
    if settings.out_of_order_ms > 0 {
        let recent = |id: &u64| {
            records.get(*id).is_some_and(|view| view.record.updated_at > now - settings.out_of_order_ms)
        };
        shuffle(&mut page.ids, recent, &mut dice());
    }
    Ok(page)
}

/// The records to look at, where an index says that no other can pass.
fn only(groups: &[Vec<Ready>], records: &Records) -> Option<BTreeSet<u64>> {
    if groups.is_empty() || records.len() < SMALL {
        return None;
    }
    let mut all = BTreeSet::new();
    for group in groups {
        all.extend(group.iter().find_map(|ready| ready.only())?);
    }
    Some(all)
}

/// What records are ordered by.
struct Order {
    field: Field,
    class: Class,
    descending: bool,
}

/// Where a record stands in the order. What has no value comes last, whichever way the order goes.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Moment(i64),
    Number(f64),
    Text(String),
    Last,
}

/// By creation, the oldest first, unless the caller wants it otherwise.
fn order(compiler: &Compiler<'_>, request: &Request) -> Result<Order, ApiError> {
    let Some(sort) = &request.sort else {
        let class = Class::Moment { exact: false };
        return Ok(Order { field: Field::Held(Column::Created), class, descending: false });
    };
    let (field, class) = compiler.field(&sort.property)?;
    Ok(Order { field, class, descending: sort.descending })
}

impl Order {
    fn place(&self, index: Index, view: View<'_>) -> Place {
        let (Field::Held(column) | Field::Digits(column)) = self.field else { return Place::Last };
        let Some(seen) = index.value(view, column) else { return Place::Last };
        let text = match seen {
            Seen::Moment(at) => return Place::Moment(at),
            #[expect(clippy::cast_precision_loss, reason = "ids stay below 2^53")]
            Seen::Number(number) => return Place::Number(number as f64),
            Seen::Text(text) => text,
        };
        match (self.class, self.field) {
            (_, Field::Digits(_)) => Place::Text(digits(&text)),
            (Class::Number, _) => text.parse().map_or(Place::Last, Place::Number),
            (Class::Moment { .. }, _) => {
                super::super::properties::moment(&text).map_or(Place::Last, Place::Moment)
            }
            _ => Place::Text(text.to_lowercase()),
        }
    }

    fn compare(&self, (one, id): &(Place, u64), (other, other_id): &(Place, u64)) -> Ordering {
        let order = match (one, other) {
            (Place::Last, Place::Last) => Ordering::Equal,
            (Place::Last, _) => return Ordering::Greater,
            (_, Place::Last) => return Ordering::Less,
            (Place::Moment(one), Place::Moment(other)) => one.cmp(other),
            (Place::Number(one), Place::Number(other)) => one.total_cmp(other),
            (Place::Text(one), Place::Text(other)) => one.cmp(other),
            _ => Ordering::Equal,
        };
        let order = if self.descending { order.reverse() } else { order };
        order.then(id.cmp(other_id))
    }
}

fn paged(mut found: Vec<(Place, u64)>, request: &Request, order: &Order) -> Found {
    let total = found.len();
    let end = request.after.saturating_add(request.limit);
    let compare = |one: &_, other: &_| order.compare(one, other);
    if end < total {
        // Only what is shown must be in order.
        found.select_nth_unstable_by(end, compare);
        found.truncate(end);
    }
    found.sort_unstable_by(compare);
    let ids = found.into_iter().skip(request.after).map(|(_, id)| id).collect();
    Found { total, ids, next: (end < total && request.limit > 0).then_some(end) }
}

/// Puts those that are recent into any order, in the places they have.
fn shuffle(ids: &mut [u64], recent: impl Fn(&u64) -> bool, dice: &mut Dice) {
    let places: Vec<usize> = (0..ids.len()).filter(|place| recent(&ids[*place])).collect();
    let mut moved: Vec<u64> = places.iter().map(|place| ids[*place]).collect();
    dice.shuffle(&mut moved);
    for (place, id) in places.into_iter().zip(moved) {
        ids[place] = id;
    }
}

/// What `query` looks at.
fn searchable(compiler: &Compiler<'_>) -> Vec<Field> {
    let names: &[&str] = match compiler.object_type {
        TypeId::CONTACT => &[
            "firstname",
            "lastname",
            "email",
            "hs_additional_emails",
            "phone",
            "mobilephone",
            "fax",
            "company",
            "hs_searchable_calculated_phone_number",
            "hs_searchable_calculated_mobile_number",
        ],
        TypeId::COMPANY => &["name", "domain", "website", "phone", "hs_searchable_calculated_phone_number"],
        TypeId::DEAL => &["dealname", "pipeline", "dealstage", "description", "dealtype"],
        TypeId::TICKET => &["subject", "content", "hs_pipeline_stage", "hs_ticket_category"],
        _ => return all_texts(compiler),
    };
    names.iter().filter_map(|name| compiler.field(name).ok()).map(|(field, _)| field).collect()
}

/// Of a type without a list of its own: every text property that is not HubSpot's to write.
fn all_texts(compiler: &Compiler<'_>) -> Vec<Field> {
    let Some(table) = compiler.portal.properties.of(compiler.object_type) else { return Vec::new() };
    let texts = table
        .live
        .values()
        .filter(|definition| Class::of(definition) == Class::Text && !definition.read_only_value);
    texts.map(|definition| Field::Held(compiler.column(&definition.name))).collect()
}

fn is_found(pattern: &Pattern, fields: &[Field], index: Index, view: View<'_>) -> bool {
    let text = |field: &Field| match field {
        Field::Held(column) => index.text(view, *column),
        Field::Digits(column) => index.text(view, *column).map(|text| Cow::Owned(digits(&text))),
        Field::Associated(_) => None,
    };
    pattern.is_in(fields.iter().filter_map(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hubspot::objects::write::create;
    use crate::hubspot::properties::testing::{NOW, by, portal};
    use crate::hubspot::search::request::read;
    use serde_json::{Value, json};

    /// So many contacts, a millisecond after each other.
    fn many(count: i64) -> Portal {
        let mut portal = portal();
        for number in 0..count {
            let properties = json!({
                "email": format!("person{number}@example.com"), "firstname": format!("First{number}"),
                "lastname": format!("Last{}", number % 1000), "phone": format!("+44 20 {number:08}"),
            });
            let properties = properties.as_object().expect("an object");
            create(&mut portal, TypeId::CONTACT, properties, &by(NOW + number)).expect("valid");
        }
        portal
    }

    fn search(portal: &Portal, body: &Value) -> Found {
        let settings = Settings::default();
        let request = read(body.to_string().as_bytes(), "").expect("readable");
        let now = NOW + 60 * 60 * 1000;
        run(portal, TypeId::CONTACT, &request, (&settings, now), || Dice::new(1, "order")).expect("fits")
    }

    fn named(portal: &Portal, found: &Found) -> Vec<String> {
        let records = portal.objects.of(TypeId::CONTACT).expect("there are");
        let name = |id: &u64| records.get(*id).and_then(|view| view.named("firstname")).map(Cow::into_owned);
        found.ids.iter().filter_map(name).collect()
    }

    fn filter(property: &str, operator: &str, value: impl Into<Value>) -> Value {
        json!({"filters": [{"propertyName": property, "operator": operator, "value": value.into()}]})
    }

    #[test]
    fn of_a_large_account_an_index_finds_the_same_as_a_look_at_every_record() {
        let count = 20_500;
        assert!(usize::try_from(count).expect("fits") > SMALL);
        let portal = many(count);
        let found = search(&portal, &filter("email", "EQ", "Person777@Example.com"));
        assert_eq!((found.total, named(&portal, &found)), (1, vec!["First777".to_owned()]));
        let by_id = search(&portal, &filter("hs_object_id", "EQ", found.ids[0]));
        assert_eq!(by_id, found);
        assert_eq!(search(&portal, &filter("email", "EQ", "nobody@example.com")), Found::default());
        let list = json!(["person3@example.com", "person1@example.com", "nobody@example.com"]);
        let list = json!({"filters": [{"propertyName": "email", "operator": "IN", "values": list}]});
        assert_eq!(named(&portal, &search(&portal, &list)), ["First1", "First3"]);
        let scanned = search(&portal, &filter("firstname", "EQ", "first777"));
        assert_eq!(scanned, found);
        // An index for one group is none for the other.
        let groups = json!({"filterGroups": [
            filter("email", "EQ", "person777@example.com"), filter("firstname", "EQ", "first5"),
        ]});
        assert_eq!(named(&portal, &search(&portal, &groups)), ["First5", "First777"]);
    }

    #[test]
    fn pages_are_cut_from_one_order() {
        let portal = many(50);
        let page =
            |after: usize| search(&portal, &json!({"limit": 20, "after": after, "sorts": ["-createdate"]}));
        let (first, second, last) = (page(0), page(20), page(40));
        assert_eq!((first.total, first.next, second.next, last.next), (50, Some(20), Some(40), None));
        assert_eq!(named(&portal, &first)[..2], ["First49", "First48"]);
        assert_eq!(named(&portal, &last).last().map(String::as_str), Some("First0"));
        let all: BTreeSet<u64> = [first, second, last].into_iter().flat_map(|page| page.ids).collect();
        assert_eq!(all.len(), 50);
    }

    #[test]
    fn the_default_order_is_that_of_creation_though_ids_are_not() {
        let portal = many(30);
        let found = search(&portal, &json!({"limit": 30}));
        let expected: Vec<String> = (0..30).map(|number| format!("First{number}")).collect();
        assert_eq!(named(&portal, &found), expected);
    }
}
