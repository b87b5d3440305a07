from referee import call, equal, matches, test, true

from .client import BASE, USER, airtable, base


@test("The token tells whose it is")
def _():
    call("api.whoami", lambda: airtable().whoami(), lambda given: equal(given["id"], USER["user_id"]))


@test("The bases are listed with what one may do there")
def _():
    def check(given):
        found = next(one for one in given if one.id == BASE["base_id"])
        equal(found.name, BASE["name"])
        true(
            found.permission_level in ("none", "read", "comment", "edit", "create"),
            "what one may do is none of Airtable's words",
        )

    call("api.bases", lambda: airtable().bases(), check)
    call(
        "api.base, validated",
        lambda: airtable().base(BASE["base_id"], validate=True),
        lambda given: equal(given.name, BASE["name"]),
    )


@test("The tables of a base are known by name and by id")
def _():
    wanted = BASE["tables"][0]
    call("base.tables", lambda: base().tables(), lambda given: true(wanted["table_id"] in {one.id for one in given}))
    call(
        "base.table by name",
        lambda: base().table(wanted["name"], validate=True),
        lambda given: equal(given.id, wanted["table_id"]),
    )
    call(
        "base.schema",
        lambda: base().schema().table(wanted["table_id"]),
        lambda given: (
            equal(given.name, wanted["name"]),
            matches(given.primary_field_id, "^fld"),
            true(given.fields),
            true(given.views),
        ),
    )
