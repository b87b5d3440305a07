"""Clients for the simulated Airtable, and what the areas share."""

from pyairtable import Api
from referee.sandbox import CREDENTIALS, fresh

ENDPOINT = CREDENTIALS["airtable"]["base_url"]
USER = CREDENTIALS["airtable"]["users"][0]
BASE = CREDENTIALS["airtable"]["bases"][0]

FIELDS = [
    {"name": "Name", "type": "singleLineText"},
    {"name": "Notes", "type": "multilineText"},
    {"name": "Score", "type": "number", "options": {"precision": 1}},
    {"name": "Stage", "type": "singleSelect", "options": {"choices": [{"name": "Lead"}, {"name": "Customer"}]}},
    {"name": "Tags", "type": "multipleSelects", "options": {"choices": [{"name": "red"}, {"name": "round"}]}},
    {"name": "When", "type": "date", "options": {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}},
    {"name": "Done", "type": "checkbox", "options": {"icon": "check", "color": "greenBright"}},
]


def airtable(token=None, **options):
    """A client that does not try again, so that each test sees what really was answered."""
    return Api(token or USER["token"], endpoint_url=ENDPOINT, **{"retry_strategy": None, **options})


def base(**options):
    """The first base."""
    return airtable(**options).base(BASE["base_id"])


def some_table(*names):
    """A table of its own, with one record for each name."""
    table = base().create_table(fresh("People "), FIELDS)
    table.batch_create([{"Name": name, "Score": count} for count, name in enumerate(names)])
    return table


def names(records):
    """What the records are called."""
    return [record["fields"]["Name"] for record in records]
