from datetime import datetime

from hubspot.crm.contacts import ApiException, SimplePublicObjectInput, SimplePublicObjectInputForCreate
from referee import call, equal, has, matches, refused, test, true

from .client import HOST, hubspot, new_company, new_contact, some_contact


def basic():
    return hubspot().crm.contacts.basic_api


@test("A contact is created and answers with its id, its dates and strings only")
def _():
    wanted = SimplePublicObjectInputForCreate(properties=some_contact(phone="+44 1")["properties"])

    def check(given):
        matches(given.id, r"^\d+$")
        equal(given.properties["email"], wanted.properties["email"])
        equal(given.properties["hs_object_id"], given.id)
        true(isinstance(given.created_at, datetime))
        equal(given.archived, False)
        true(all(value is None or isinstance(value, str) for value in given.properties.values()))

    call("contacts.basic_api.create", lambda: basic().create(simple_public_object_input_for_create=wanted), check)


@test("A contact is read with the properties asked for")
def _():
    made = new_contact()

    def check(given):
        equal(given.properties["phone"], None)
        equal(given.properties["email"], made.properties["email"])
        true("no_such_thing" not in given.properties)

    call(
        "contacts.basic_api.get_by_id",
        lambda: basic().get_by_id(made.id, properties=["phone", "email", "no_such_thing"]),
        check,
    )
    call(
        "contacts.basic_api.get_by_id by default",
        lambda: basic().get_by_id(made.id),
        lambda given: has(
            given.properties, "createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"
        ),
    )
    call(
        "contacts.basic_api.get_by_id by email",
        lambda: basic().get_by_id(made.properties["email"], id_property="email"),
        lambda given: equal(given.id, made.id),
    )


@test("The history of a property and the associations of a contact come along")
def _():
    company = new_company()
    made = new_contact(firstname="First")
    basic().update(made.id, {"properties": {"firstname": "Second"}})
    hubspot().crm.associations.v4.basic_api.create_default("contacts", made.id, "companies", company.id)

    def check(given):
        equal([entry.value for entry in given.properties_with_history["firstname"]], ["Second", "First"])
        true(isinstance(given.properties_with_history["firstname"][0].timestamp, datetime))
        true(
            any(
                one.id == company.id and one.type == "contact_to_company"
                for one in given.associations["companies"].results
            )
        )

    call(
        "contacts.basic_api.get_by_id with history and associations",
        lambda: basic().get_by_id(made.id, properties_with_history=["firstname"], associations=["companies"]),
        check,
    )


@test("Contacts come in pages, and the library gathers them all")
def _():
    first = call(
        "contacts.basic_api.get_page",
        lambda: basic().get_page(limit=2),
        lambda given: (equal(len(given.results), 2), matches(given.paging.next.after, r"^\d+$")),
    )
    call(
        "contacts.basic_api.get_page, the second",
        lambda: basic().get_page(limit=2, after=first.paging.next.after),
        lambda given: true(int(given.results[0].id) > int(first.results[1].id)),
    )
    call(
        "contacts.get_all",
        lambda: hubspot().crm.contacts.get_all(),
        lambda given: (true(len(given) >= 30), equal(len({one.id for one in given}), len(given))),
    )
    call(
        "contacts.get_all, no more than wished",
        lambda: hubspot().crm.contacts.get_all(limit=3),
        lambda given: equal(len(given), 3),
    )


@test("A contact is changed, cleared and archived")
def _():
    made = new_contact(phone="1")
    call(
        "contacts.basic_api.update",
        lambda: basic().update(made.id, SimplePublicObjectInput(properties={"firstname": "Grace"})),
        lambda given: (equal(given.properties["firstname"], "Grace"), true(given.updated_at >= made.updated_at)),
    )
    call(
        "contacts.basic_api.update by email",
        lambda: basic().update(made.properties["email"], {"properties": {"phone": ""}}, id_property="email"),
        lambda given: equal(given.id, made.id),
    )
    # "" and null both mean empty.
    call(
        "contacts.basic_api.get_by_id after clearing",
        lambda: basic().get_by_id(made.id, properties=["phone", "lastname"]),
        lambda given: (true(not given.properties["phone"]), equal(given.properties["lastname"], "Lovelace")),
    )
    call(
        "contacts.basic_api.archive",
        lambda: basic().archive_with_http_info(made.id),
        lambda given: equal(given[1], 204),
    )
    refused(
        "contacts.basic_api.get_by_id of an archived one",
        ApiException,
        lambda: basic().get_by_id(made.id),
        lambda error: equal(error.status, 404),
    )
    call(
        "contacts.basic_api.get_by_id among the archived",
        lambda: basic().get_by_id(made.id, archived=True),
        lambda given: (equal(given.archived, True), true(given.archived_at)),
    )
    call(
        "contacts.basic_api.get_page of archived ones",
        lambda: basic().get_page(limit=100, archived=True),
        lambda given: true(made.id in {one.id for one in given.results}),
    )


@test("Archiving what is not there is no error")
def _():
    call(
        "contacts.basic_api.archive of an unknown id",
        lambda: basic().archive_with_http_info("999999999999"),
        lambda given: equal(given[1], 204),
    )


@test("What the library does not wrap is reached with api_request")
def _():
    made = new_contact()

    def check(given):
        equal(given.status_code, 200)
        equal(given.json()["id"], made.id)

    call(
        "api_request of a dated path",
        lambda: hubspot().api_request(
            {"method": "GET", "base_url": HOST, "path": f"/crm/objects/2026-03/contacts/{made.id}"}
        ),
        check,
    )
