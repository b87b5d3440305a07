from hubspot.crm.properties import (
    ApiException,
    BatchInputPropertyName,
    BatchReadInputPropertyName,
    OptionInput,
    PropertyCreate,
    PropertyGroupCreate,
    PropertyGroupUpdate,
    PropertyName,
    PropertyUpdate,
)
from referee import call, equal, refused, test, true
from referee.sandbox import fresh

from .client import body, hubspot, new_contact


def core():
    return hubspot().crm.properties.core_api


def definition(**more):
    return PropertyCreate(
        **{
            "name": fresh("referee_").lower(),
            "label": "Referee",
            "type": "string",
            "field_type": "text",
            "group_name": "contactinformation",
            **more,
        }
    )


@test("A property is created, read, relabelled and archived, and comes back when it is created again")
def _():
    wanted = definition()
    made = call(
        "properties.core_api.create",
        lambda: core().create("contacts", wanted),
        lambda given: (
            equal(given.name, wanted.name),
            equal(given.options, []),
            equal(given.archived, False),
            equal(given.modification_metadata.archivable, True),
        ),
    )
    call(
        "properties.core_api.get_by_name",
        lambda: core().get_by_name("contacts", wanted.name),
        lambda given: equal(given.label, "Referee"),
    )
    call(
        "properties.core_api.get_all",
        lambda: core().get_all("contacts"),
        lambda given: true({"email", wanted.name} <= {one.name for one in given.results}),
    )
    call(
        "properties.core_api.update",
        lambda: core().update("contacts", wanted.name, PropertyUpdate(label="Umpire")),
        lambda given: equal(given.label, "Umpire"),
    )
    refused(
        "properties.core_api.create of a name in use",
        ApiException,
        lambda: core().create("contacts", wanted),
        lambda error: (
            equal(error.status, 409),
            equal(body(error)["subCategory"], "Properties.PROPERTY_WITH_NAME_EXISTS"),
        ),
    )
    call(
        "properties.core_api.archive",
        lambda: core().archive_with_http_info("contacts", wanted.name),
        lambda given: equal(given[1], 204),
    )
    refused(
        "properties.core_api.get_by_name of an archived one",
        ApiException,
        lambda: core().get_by_name("contacts", wanted.name),
        lambda error: equal(error.status, 404),
    )
    call(
        "properties.core_api.get_by_name among the archived",
        lambda: core().get_by_name("contacts", wanted.name, archived=True),
        lambda given: true(given.archived_at),
    )
    call(
        "properties.core_api.create once more",
        lambda: core().create("contacts", wanted),
        lambda given: equal(given.created_at, made.created_at),
    )


@test("An enumeration holds its options, and a contact one of them")
def _():
    wanted = definition(
        type="enumeration",
        field_type="select",
        options=[
            OptionInput(label=label, value=label.lower(), display_order=order, hidden=False)
            for order, label in enumerate(("Red", "Green"))
        ],
    )
    call(
        "properties.core_api.create of an enumeration",
        lambda: core().create("contacts", wanted),
        lambda given: (
            equal([one.value for one in given.options], ["red", "green"]),
            equal(given.options[0].hidden, False),
        ),
    )
    call(
        "contacts.basic_api.create with an option",
        lambda: new_contact(**{wanted.name: "red"}),
        lambda given: equal(given.properties[wanted.name], "red"),
    )


@test("Properties are read and archived in a batch")
def _():
    names = [core().create("contacts", definition()).name for _ in range(2)]
    inputs = [PropertyName(name=name) for name in names]
    batch = hubspot().crm.properties.batch_api
    call(
        "properties.batch_api.read",
        lambda: batch.read("contacts", BatchReadInputPropertyName(archived=False, inputs=inputs)),
        lambda given: (
            equal(given.status, "COMPLETE"),
            equal(sorted(one.name for one in given.results), sorted(names)),
        ),
    )
    call(
        "properties.batch_api.archive",
        lambda: batch.archive_with_http_info("contacts", BatchInputPropertyName(inputs=inputs)),
        lambda given: equal(given[1], 204),
    )


@test("A group is created, relabelled and archived")
def _():
    groups = hubspot().crm.properties.groups_api
    name = fresh("referee_group_").lower()
    call(
        "properties.groups_api.create",
        lambda: groups.create("contacts", PropertyGroupCreate(name=name, label="Referees")),
        lambda given: (equal(given.name, name), equal(given.archived, False)),
    )
    call(
        "properties.groups_api.get_by_name",
        lambda: groups.get_by_name("contacts", name),
        lambda given: equal(given.label, "Referees"),
    )
    call(
        "properties.groups_api.update",
        lambda: groups.update("contacts", name, PropertyGroupUpdate(label="Umpires")),
        lambda given: equal(given.label, "Umpires"),
    )
    call(
        "properties.groups_api.archive",
        lambda: groups.archive_with_http_info("contacts", name),
        lambda given: equal(given[1], 204),
    )
    call(
        "properties.groups_api.get_all",
        lambda: groups.get_all("contacts"),
        lambda given: true(name not in {one.name for one in given.results}),
    )
