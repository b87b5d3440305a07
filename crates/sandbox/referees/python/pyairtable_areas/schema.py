from pyairtable.models.schema import (
    CheckboxFieldSchema,
    DateFieldSchema,
    MultipleSelectsFieldSchema,
    NumberFieldSchema,
    SingleLineTextFieldSchema,
    SingleSelectFieldSchema,
)
from referee import call, equal, matches, test, true
from referee.sandbox import fresh

from .client import FIELDS, base, some_table


@test("A table is created, and its schema is complete enough for the library's own types")
def _():
    name = fresh("People ")

    def check(given):
        schema = given.schema()
        equal(schema.name, name)
        equal([field.name for field in schema.fields], [field["name"] for field in FIELDS])
        equal(schema.primary_field_id, schema.fields[0].id)
        kinds = (
            SingleLineTextFieldSchema,
            None,
            NumberFieldSchema,
            SingleSelectFieldSchema,
            MultipleSelectsFieldSchema,
            DateFieldSchema,
            CheckboxFieldSchema,
        )
        for field, kind in zip(schema.fields, kinds):
            matches(field.id, "^fld[A-Za-z0-9]{14}$")
            true(kind is None or isinstance(field, kind), f"{field.name} is of no known kind")
        equal([choice.name for choice in schema.field("Stage").options.choices], ["Lead", "Customer"])
        true(all(choice.id.startswith("sel") for choice in schema.field("Stage").options.choices))
        equal(schema.field("Score").options.precision, 1)

    call("base.create_table", lambda: base().create_table(name, FIELDS, description="Made by a referee"), check)


@test("A new table has a view of all its fields")
def _():
    table = some_table()

    def check(given):
        matches(given.views[0].id, "^viw")
        equal(given.views[0].type, "grid")
        equal(given.views[0].visible_field_ids, [field.id for field in given.fields])

    call("table.schema", lambda: table.schema(force=True), check)


@test("A field is created and holds values")
def _():
    table = some_table("Ada")
    call(
        "table.create_field",
        lambda: table.create_field("Site", "url", description="A page"),
        lambda given: (equal(given.name, "Site"), equal(given.type, "url"), matches(given.id, "^fld")),
    )
    call(
        "table.create_field of a select",
        lambda: table.create_field("Colour", "singleSelect", options={"choices": [{"name": "red"}]}),
        lambda given: equal([choice.name for choice in given.options.choices], ["red"]),
    )
    record = table.all()[0]
    call(
        "table.update of new fields",
        lambda: table.update(record["id"], {"Site": "https://example.com/", "Colour": "red"}),
        lambda given: (equal(given["fields"]["Site"], "https://example.com/"), equal(given["fields"]["Colour"], "red")),
    )


@test("A field and a table are renamed")
def _():
    table = some_table("Ada")
    field = table.schema().field("Notes")

    def rename_field():
        field.name = "Remarks"
        field.save()
        return table.schema(force=True)

    call("field.save", rename_field, lambda given: equal(given.field(field.id).name, "Remarks"))
    schema = table.schema()
    wanted = fresh("Renamed ")

    def rename_table():
        schema.name = wanted
        schema.save()
        return base().schema(force=True).table(schema.id)

    call("table_schema.save", rename_table, lambda given: equal(given.name, wanted))
