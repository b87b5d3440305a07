from hubspot.crm.companies import ApiException as CompanyError
from hubspot.crm.deals import ApiException as DealError
from referee import call, differ, equal, has, refused, test, true
from referee.sandbox import fresh

from .client import hubspot, invalid_values, new_company, new_deal


def companies():
    return hubspot().crm.companies.basic_api


def deals():
    return hubspot().crm.deals.basic_api


@test("A company is created, read, changed and archived")
def _():
    domain = f"{fresh('shared')}.example"
    made = call(
        "companies.basic_api.create",
        lambda: companies().create({"properties": {"name": "Engines", "domain": domain}}),
        lambda given: equal(given.properties["name"], "Engines"),
    )
    call(
        "companies.basic_api.get_by_id",
        lambda: companies().get_by_id(made.id),
        lambda given: (
            has(given.properties, "name", "domain", "hs_lastmodifieddate"),
            true("lastmodifieddate" not in given.properties),
        ),
    )
    call(
        "companies.basic_api.update",
        lambda: companies().update(made.id, {"properties": {"city": "London"}}),
        lambda given: equal(given.properties["city"], "London"),
    )
    call(
        "companies.basic_api.create with a domain in use",
        lambda: companies().create({"properties": {"name": "Other", "domain": domain}}),
        lambda given: differ(given.id, made.id),
    )
    call(
        "companies.basic_api.archive",
        lambda: companies().archive_with_http_info(made.id),
        lambda given: equal(given[1], 204),
    )
    refused(
        "companies.basic_api.get_by_id of an archived one",
        CompanyError,
        lambda: companies().get_by_id(made.id),
        lambda error: equal(error.status, 404),
    )


@test("Companies come in pages")
def _():
    new_company()
    new_company()
    first = call(
        "companies.basic_api.get_page",
        lambda: companies().get_page(limit=1),
        lambda given: equal(len(given.results), 1),
    )
    call(
        "companies.basic_api.get_page, the second",
        lambda: companies().get_page(limit=1, after=first.paging.next.after),
        lambda given: differ(given.results[0].id, first.results[0].id),
    )
    call("companies.get_all", lambda: hubspot().crm.companies.get_all(), lambda given: true(len(given) >= 10))


@test("A deal is created, read, changed and archived")
def _():
    made = call(
        "a deal is created",
        lambda: new_deal(amount="1500.5"),
        lambda given: equal(given.properties["amount"], "1500.5"),
    )
    call(
        "deals.basic_api.get_by_id",
        lambda: deals().get_by_id(made.id),
        lambda given: has(
            given.properties, "dealname", "amount", "closedate", "pipeline", "dealstage", "hs_lastmodifieddate"
        ),
    )
    call(
        "deals.basic_api.update",
        lambda: deals().update(made.id, {"properties": {"amount": "20"}}),
        lambda given: equal(given.properties["amount"], "20"),
    )
    call(
        "deals.get_all",
        lambda: hubspot().crm.deals.get_all(properties=["amount"]),
        lambda given: equal(next(one for one in given if one.id == made.id).properties["amount"], "20"),
    )
    refused(
        "deals.basic_api.update to no number",
        DealError,
        lambda: deals().update(made.id, {"properties": {"amount": "a lot"}}),
        lambda error: (equal(error.status, 400), equal(invalid_values(error)[0]["name"], "amount")),
    )
    call("deals.basic_api.archive", lambda: deals().archive_with_http_info(made.id), lambda given: equal(given[1], 204))
    refused(
        "deals.basic_api.get_by_id of an archived one",
        DealError,
        lambda: deals().get_by_id(made.id),
        lambda error: equal(error.status, 404),
    )


@test("A deal needs a stage")
def _():
    refused(
        "deals.basic_api.create without a stage",
        DealError,
        lambda: deals().create({"properties": {"dealname": "A deal"}}),
        lambda error: equal(error.status, 400),
    )


@test("Any type of object is reached by its name or its type id")
def _():
    company, deal = new_company(), new_deal()
    objects = hubspot().crm.objects.basic_api
    call(
        "objects.basic_api.get_by_id of 0-2",
        lambda: objects.get_by_id("0-2", company.id),
        lambda given: equal(given.id, company.id),
    )
    call(
        "objects.basic_api.get_by_id of deals",
        lambda: objects.get_by_id("deals", deal.id),
        lambda given: equal(given.id, deal.id),
    )
    call(
        "objects.basic_api.get_page",
        lambda: objects.get_page("contacts", limit=1),
        lambda given: equal(len(given.results), 1),
    )
