from pyairtable.orm import Model
from pyairtable.orm import fields as kinds
from referee import call, equal, has, matches, refused, test, true
from requests import HTTPError

from .client import BASE, airtable, names, some_table

MANY = [f"Person {count:02}" for count in range(25)]


@test("A record is created, read, changed, replaced and deleted")
def _():
    table = some_table()
    made = call(
        "table.create",
        lambda: table.create({"Name": "Ada", "Score": 1, "Done": True}),
        lambda given: (
            matches(given["id"], "^rec[A-Za-z0-9]{14}$"),
            equal(given["fields"], {"Name": "Ada", "Score": 1, "Done": True}),
            matches(given["createdTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
        ),
    )
    id = made["id"]
    call("table.get", lambda: table.get(id), lambda given: equal(given, made))
    call(
        "table.update",
        lambda: table.update(id, {"Score": 2}),
        lambda given: equal(given["fields"], {"Name": "Ada", "Score": 2, "Done": True}),
    )
    call(
        "table.update that replaces",
        lambda: table.update(id, {"Name": "Grace"}, replace=True),
        lambda given: equal(given["fields"], {"Name": "Grace"}),
    )
    call("table.delete", lambda: table.delete(id), lambda given: equal(given, {"id": id, "deleted": True}))
    refused(
        "table.get of a deleted one",
        HTTPError,
        lambda: table.get(id),
        lambda error: equal(error.response.status_code, 404),
    )


@test("Many records are created ten at a time, and read page by page")
def _():
    table = some_table()
    call(
        "table.batch_create",
        lambda: table.batch_create([{"Name": name} for name in MANY]),
        lambda given: equal(names(given), MANY),
    )
    call(
        "table.iterate",
        lambda: [len(page) for page in table.iterate(page_size=10)],
        lambda given: equal(given, [10, 10, 5]),
    )
    call(
        "table.all sorted",
        lambda: table.all(sort=["-Name"], page_size=7),
        lambda given: equal(names(given), MANY[::-1]),
    )
    call(
        "table.all, no more than wished",
        lambda: table.all(max_records=12, page_size=5),
        lambda given: equal(len(given), 12),
    )
    call("table.first", lambda: table.first(sort=["Name"]), lambda given: equal(given["fields"]["Name"], MANY[0]))
    call("table.first of nothing", lambda: table.first(formula="{Name} = 'Nobody'"), lambda given: equal(given, None))


@test("Records are updated and deleted in a batch")
def _():
    table = some_table("Ada", "Bob", "Cyd")
    records = table.all(sort=["Name"])
    call(
        "table.batch_update",
        lambda: table.batch_update([{"id": one["id"], "fields": {"Score": 7}} for one in records]),
        lambda given: (
            equal(names(given), ["Ada", "Bob", "Cyd"]),
            equal([one["fields"]["Score"] for one in given], [7, 7, 7]),
        ),
    )
    call(
        "table.batch_update that replaces",
        lambda: table.batch_update([{"id": records[0]["id"], "fields": {"Name": "Ada"}}], replace=True),
        lambda given: equal(given[0]["fields"], {"Name": "Ada"}),
    )
    ids = [one["id"] for one in records[:2]]
    call(
        "table.batch_delete",
        lambda: table.batch_delete(ids),
        lambda given: equal(given, [{"id": id, "deleted": True} for id in ids]),
    )
    call("table.all after deleting", lambda: table.all(), lambda given: equal(names(given), ["Cyd"]))


@test("An upsert creates what it does not find and updates what it does")
def _():
    table = some_table("Ada", "Bob")
    ada = table.first(formula="{Name} = 'Ada'")
    given = call(
        "table.batch_upsert",
        lambda: table.batch_upsert(
            [{"fields": {"Name": "Ada", "Notes": "known"}}, {"fields": {"Name": "Cyd", "Notes": "new"}}],
            key_fields=["Name"],
        ),
        lambda given: (
            equal(given["updatedRecords"], [ada["id"]]),
            equal(len(given["createdRecords"]), 1),
            equal(names(given["records"]), ["Ada", "Cyd"]),
            equal(given["records"][0]["fields"]["Score"], 0),
        ),
    )
    call(
        "table.batch_upsert by id",
        lambda: table.batch_upsert(
            [{"id": given["createdRecords"][0], "fields": {"Notes": "by id"}}], key_fields=["Name"]
        ),
        lambda again: equal(again["records"][0]["fields"]["Notes"], "by id"),
    )
    table.create({"Name": "Ada"})
    # That it is refused is certain; with which status is not.
    refused(
        "table.batch_upsert of a key that two records have",
        HTTPError,
        lambda: table.batch_upsert([{"fields": {"Name": "Ada", "Notes": "which?"}}], key_fields=["Name"]),
        lambda error: true(400 <= error.response.status_code < 500),
    )


@test("Typecast turns strings into what the fields hold, and makes choices")
def _():
    table = some_table()
    call(
        "table.create with typecast",
        lambda: table.create({"Name": "Ada", "Score": "1.5", "Stage": "Partner", "Tags": "red"}, typecast=True),
        lambda given: equal(given["fields"], {"Name": "Ada", "Score": 1.5, "Stage": "Partner", "Tags": ["red"]}),
    )
    call(
        "table.schema after it",
        lambda: table.schema(force=True),
        lambda given: true("Partner" in {choice.name for choice in given.field("Stage").options.choices}),
    )


@test("Empty cells are not there at all")
def _():
    table = some_table("Ada")
    id = table.first()["id"]
    table.update(id, {"Notes": "tall", "Tags": ["red"], "Done": True})
    call(
        "table.update to nothing",
        lambda: table.update(id, {"Notes": "", "Tags": [], "Done": False, "Score": None}),
        lambda given: equal(given["fields"], {"Name": "Ada"}),
    )


@test("Fields are named by their ids when that is wished")
def _():
    table = some_table("Ada")
    ids = {field.name: field.id for field in table.schema().fields}
    by_id = airtable(use_field_ids=True).table(BASE["base_id"], table.id)
    call(
        "table.all with use_field_ids",
        lambda: by_id.all(),
        lambda given: equal(given[0]["fields"], {ids["Name"]: "Ada", ids["Score"]: 0}),
    )
    call(
        "table.create with ids",
        lambda: by_id.create({ids["Name"]: "Bob"}),
        lambda given: equal(given["fields"], {ids["Name"]: "Bob"}),
    )
    call(
        "table.all of one field",
        lambda: table.all(fields=["Score"], formula="{Name} = 'Ada'"),
        lambda given: equal(list(given[0]["fields"]), ["Score"]),
    )


@test("Cells come as text when asked for")
def _():
    table = some_table()
    table.create({"Name": "Ada", "Score": 1.5, "Tags": ["red", "round"]})
    call(
        "table.all as text",
        lambda: table.all(cell_format="string", time_zone="Europe/London", user_locale="en-gb"),
        lambda given: (
            has(given[0]["fields"], "Name"),
            equal(given[0]["fields"]["Score"], "1.5"),
            equal(given[0]["fields"]["Tags"], "red, round"),
        ),
    )


@test("The library's own record class reads and writes")
def _():
    table = some_table()

    class Person(Model):
        name = kinds.TextField("Name")
        score = kinds.NumberField("Score")
        tags = kinds.MultipleSelectField("Tags")

        Meta = {"api_key": "given below", "base_id": BASE["base_id"], "table_name": table.id}

    # The class knows no other endpoint than Airtable's own; it gets a client that does.
    Person.meta.api = airtable()
    person = Person(name="Ada", score=3, tags=["red"])
    call("model.save", lambda: person.save(), lambda given: (equal(given.created, True), matches(person.id, "^rec")))
    call(
        "model.all",
        lambda: Person.all(),
        lambda given: equal([(one.name, one.score, one.tags) for one in given], [("Ada", 3, ["red"])]),
    )
    call("model.delete", lambda: person.delete(), lambda given: equal(given, True))
