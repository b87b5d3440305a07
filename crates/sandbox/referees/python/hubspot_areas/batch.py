from datetime import datetime

from hubspot.crm.contacts import (
    ApiException,
    BatchInputSimplePublicObjectBatchInput,
    BatchInputSimplePublicObjectBatchInputForCreate,
    BatchInputSimplePublicObjectId,
    BatchReadInputSimplePublicObjectId,
    SimplePublicObjectBatchInput,
    SimplePublicObjectId,
)
from referee import call, equal, refused, test, true
from referee.sandbox import fresh

from .client import body, hubspot, new_contact, some_contact


def batch():
    return hubspot().crm.contacts.batch_api


def complete(given, number):
    equal(given.status, "COMPLETE")
    equal(len(given.results), number)
    true(isinstance(given.started_at, datetime) and isinstance(given.completed_at, datetime))


@test("A batch creates in the order of its inputs, all or nothing")
def _():
    inputs = [some_contact(), some_contact()]
    made = call(
        "contacts.batch_api.create",
        lambda: batch().create(BatchInputSimplePublicObjectBatchInputForCreate(inputs=inputs)),
        lambda given: (
            complete(given, 2),
            equal([one.properties["email"] for one in given.results], [one["properties"]["email"] for one in inputs]),
        ),
    )
    known = made.results[0].properties["email"]
    refused(
        "contacts.batch_api.create with a duplicate",
        ApiException,
        lambda: batch().create({"inputs": [some_contact(), some_contact(email=known)]}),
        lambda error: (equal(error.status, 409), equal(body(error)["category"], "CONFLICT")),
    )


@test("With trace ids a batch creates what it can and tells the rest")
def _():
    known = new_contact()
    inputs = [
        {**some_contact(email=known.properties["email"]), "objectWriteTraceId": "0"},
        {**some_contact(), "objectWriteTraceId": "1"},
    ]

    def check(given):
        complete(given, 1)
        equal(given.num_errors, 1)
        error = given.errors[0]
        equal(error.status, "error")
        equal(error.category, "CONFLICT")
        equal(error.message, f"Contact already exists. Existing ID: {known.id}")
        equal(error.context["objectWriteTraceId"], ["0"])
        equal(error.context["existingId"], [known.id])

    call("contacts.batch_api.create with trace ids", lambda: batch().create({"inputs": inputs}), check)


@test("A batch reads, in part when some are not there")
def _():
    one, other = new_contact(), new_contact()
    wanted = lambda *ids, **more: BatchReadInputSimplePublicObjectId(  # noqa: E731
        properties=["email"], properties_with_history=[], inputs=[SimplePublicObjectId(id=id) for id in ids], **more
    )
    call("contacts.batch_api.read", lambda: batch().read(wanted(one.id, other.id)), lambda given: complete(given, 2))
    call(
        "contacts.batch_api.read of an unknown id",
        lambda: batch().read(wanted(one.id, "999999999999")),
        lambda given: (
            complete(given, 1),
            equal(given.num_errors, 1),
            equal(given.errors[0].category, "OBJECT_NOT_FOUND"),
            equal(given.errors[0].context["ids"], ["999999999999"]),
        ),
    )
    call(
        "contacts.batch_api.read by email",
        lambda: batch().read(wanted(other.properties["email"], id_property="email")),
        lambda given: equal([found.id for found in given.results], [other.id]),
    )


@test("A batch updates, but the same contact only once")
def _():
    one, other = new_contact(), new_contact()
    inputs = [
        SimplePublicObjectBatchInput(id=one.id, properties={"firstname": "One"}),
        SimplePublicObjectBatchInput(id=other.id, properties={"firstname": "Other"}),
    ]
    call(
        "contacts.batch_api.update",
        lambda: batch().update(BatchInputSimplePublicObjectBatchInput(inputs=inputs)),
        lambda given: (
            complete(given, 2),
            equal([changed.properties["firstname"] for changed in given.results], ["One", "Other"]),
        ),
    )
    refused(
        "contacts.batch_api.update with the same id twice",
        ApiException,
        lambda: batch().update({"inputs": [{"id": one.id, "properties": {"firstname": name}} for name in ("A", "B")]}),
        lambda error: (
            equal(error.status, 400),
            equal(body(error)["message"], f"Duplicate IDs found in batch input: [{one.id}]. IDs must be unique"),
        ),
    )


@test("A batch upserts by a unique property, and says what is new")
def _():
    name = fresh("external_id_").lower()
    hubspot().crm.properties.core_api.create(
        "contacts",
        {
            "name": name,
            "label": "External id",
            "type": "string",
            "fieldType": "text",
            "groupName": "contactinformation",
            "hasUniqueValue": True,
        },
    )
    one = lambda value: {"id": value, "idProperty": name, "properties": {name: value, "firstname": "Upserted"}}  # noqa: E731
    call(
        "contacts.batch_api.upsert of a new one",
        lambda: batch().upsert({"inputs": [one("A")]}),
        lambda given: (complete(given, 1), equal(given.results[0].new, True)),
    )
    call(
        "contacts.batch_api.upsert of a known and a new one",
        lambda: batch().upsert({"inputs": [one("A"), one("B")]}),
        lambda given: (complete(given, 2), equal([made.new for made in given.results], [False, True])),
    )


@test("A batch archives, and is silent about it")
def _():
    made = new_contact()
    call(
        "contacts.batch_api.archive",
        lambda: batch().archive_with_http_info(
            BatchInputSimplePublicObjectId(inputs=[SimplePublicObjectId(id=made.id)])
        ),
        lambda given: equal(given[1], 204),
    )
    refused(
        "contacts.basic_api.get_by_id after the batch",
        ApiException,
        lambda: hubspot().crm.contacts.basic_api.get_by_id(made.id),
        lambda error: equal(error.status, 404),
    )
