from hubspot.crm.contacts import ApiException, Filter, FilterGroup, PublicObjectSearchRequest
from referee import call, equal, refused, test, true
from referee.sandbox import advance, fresh

from .client import body, hubspot, new_contact, new_deal


def search(**request):
    return hubspot().crm.contacts.search_api.do_search(PublicObjectSearchRequest(**request))


def among(family, *more):
    return [FilterGroup(filters=[Filter(property_name="lastname", operator="EQ", value=family), *more])]


def people(*first_names):
    """Contacts of one family, known to search."""
    family = fresh("Family")
    made = [new_contact(firstname=name, lastname=family) for name in first_names]
    # Search knows a change only some moments after it: simulated time moves on.
    advance(60_000)
    return family, made


@test("Contacts are found by a filter, with the properties asked for")
def _():
    family, made = people("Ann")
    call(
        "contacts.search_api.do_search",
        lambda: search(filter_groups=among(family), properties=["email", "phone"]),
        lambda given: (
            equal(given.total, 1),
            equal(given.results[0].id, made[0].id),
            equal(given.results[0].properties["phone"], None),
            equal(given.paging, None),
        ),
    )


@test("Results are sorted and come in pages by a number")
def _():
    family, _ = people("B", "C", "A")
    names = lambda given: [one.properties["firstname"] for one in given.results]  # noqa: E731
    sorts = [{"propertyName": "firstname", "direction": "DESCENDING"}]
    first = call(
        "contacts.search_api.do_search, the first page",
        lambda: search(filter_groups=among(family), sorts=sorts, limit=2),
        lambda given: (equal(names(given), ["C", "B"]), equal(given.total, 3), equal(given.paging.next.after, "2")),
    )
    call(
        "contacts.search_api.do_search, the second page",
        lambda: search(filter_groups=among(family), sorts=sorts, limit=2, after=first.paging.next.after),
        lambda given: (equal(names(given), ["A"]), equal(given.paging, None)),
    )


@test("Operators mean what they say")
def _():
    family, _ = people("Anna", "Bert", "Hannah")
    found = lambda **one: lambda: search(filter_groups=among(family, Filter(property_name="firstname", **one)))  # noqa: E731
    names = lambda given: sorted(one.properties["firstname"] for one in given.results)  # noqa: E731
    call(
        "do_search IN",
        found(operator="IN", values=["anna", "bert"]),
        lambda given: equal(names(given), ["Anna", "Bert"]),
    )
    call("do_search NEQ", found(operator="NEQ", value="Bert"), lambda given: equal(names(given), ["Anna", "Hannah"]))
    call(
        "do_search CONTAINS_TOKEN",
        found(operator="CONTAINS_TOKEN", value="*ann*"),
        lambda given: equal(names(given), ["Anna", "Hannah"]),
    )
    call("do_search HAS_PROPERTY", found(operator="HAS_PROPERTY"), lambda given: equal(len(given.results), 3))


@test("Numbers are compared as numbers")
def _():
    name = fresh("Bargain")
    for amount in ("9", "10", "100"):
        new_deal(dealname=name, amount=amount)
    advance(60_000)
    request = {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": "dealname", "operator": "EQ", "value": name},
                    {"propertyName": "amount", "operator": "BETWEEN", "value": "10", "highValue": "100"},
                ]
            }
        ],
        "properties": ["amount"],
    }
    call(
        "deals.search_api.do_search BETWEEN",
        lambda: hubspot().crm.deals.search_api.do_search(request),
        lambda given: equal(sorted(one.properties["amount"] for one in given.results), ["10", "100"]),
    )


@test("A search may not ask for too much")
def _():
    group = FilterGroup(filters=[Filter(property_name="email", operator="HAS_PROPERTY")])
    refused(
        "do_search of six groups",
        ApiException,
        lambda: search(filter_groups=[group] * 6),
        lambda error: (equal(error.status, 400), equal(body(error)["category"], "VALIDATION_ERROR")),
    )
    refused(
        "do_search of 201 results",
        ApiException,
        lambda: search(filter_groups=[group], limit=201),
        lambda error: equal(error.status, 400),
    )
    true(group.filters)
