from pyairtable import formulas as F
from pyairtable.formulas import match
from referee import call, equal, test

from .client import names, some_table


@test("The library's formulas choose records")
def _():
    table = some_table("Ada", "Bob", "O'Neil")
    cases = [
        ("match of one field", match({"Name": "Ada"}), ["Ada"]),
        ("match with a quote", match({"Name": "O'Neil"}), ["O'Neil"]),
        ("match of two fields", match({"Name": "Bob", "Score": 1}), ["Bob"]),
        ("match of any field", match({"Name": "Ada", "Score": 2}, match_any=True), ["Ada", "O'Neil"]),
        ("greater than", F.GT(F.Field("Score"), 0), ["Bob", "O'Neil"]),
        (
            "and, or, not",
            F.AND(F.OR(F.EQ(F.Field("Name"), "Ada"), F.EQ(F.Field("Name"), "Bob")), F.NOT(F.EQ(F.Field("Score"), 0))),
            ["Bob"],
        ),
        ("a function", F.EQ(F.LEN(F.Field("Name")), 3), ["Ada", "Bob"]),
    ]
    for what, formula, wanted in cases:
        call(
            f"table.all by {what}",
            lambda formula=formula: table.all(formula=formula, sort=["Name"]),
            lambda given, wanted=wanted: equal(names(given), wanted),
        )


@test("A formula too long for an address is sent in a body")
def _():
    table = some_table("Ada", "Bob")
    formula = F.OR(
        *[F.EQ(F.Field("Name"), f"Nobody {count} {'x' * 20}") for count in range(500)], F.EQ(F.Field("Name"), "Bob")
    )
    call(
        "table.all with a very long formula",
        lambda: table.all(formula=formula),
        lambda given: equal(names(given), ["Bob"]),
    )
