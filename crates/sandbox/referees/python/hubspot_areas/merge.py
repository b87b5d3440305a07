from hubspot.crm.contacts import ApiException, PublicGdprDeleteInput, PublicMergeInput
from referee import call, equal, refused, test, true

from .client import hubspot, new_company, new_contact


@test("Merging two contacts makes a third, and both old ids lead to it")
def _():
    primary, other = new_contact(firstname="Primary"), new_contact(firstname="Other")
    basic = hubspot().crm.contacts.basic_api
    merged = call(
        "contacts.basic_api.merge",
        lambda: basic.merge(PublicMergeInput(primary_object_id=primary.id, object_id_to_merge=other.id)),
        lambda given: true(given.id not in (primary.id, other.id)),
    )
    for old in (primary.id, other.id):
        call(
            "contacts.basic_api.get_by_id of an old id",
            lambda old=old: basic.get_by_id(old, properties=["firstname", "hs_merged_object_ids"]),
            lambda given: (
                equal(given.id, merged.id),
                equal(given.properties["firstname"], "Primary"),
                equal(sorted(given.properties["hs_merged_object_ids"].split(";")), sorted([primary.id, other.id])),
            ),
        )


@test("Companies are merged in the same way")
def _():
    primary, other = new_company(), new_company()
    basic = hubspot().crm.companies.basic_api
    merged = call(
        "companies.basic_api.merge",
        lambda: basic.merge({"primaryObjectId": primary.id, "objectIdToMerge": other.id}),
        lambda given: true(given.id not in (primary.id, other.id)),
    )
    call(
        "companies.basic_api.get_by_id of an old id",
        lambda: basic.get_by_id(other.id),
        lambda given: equal(given.id, merged.id),
    )


@test("A contact deleted for privacy is gone for good")
def _():
    made = new_contact()
    basic = hubspot().crm.contacts.basic_api
    call(
        "contacts.basic_api.purge",
        lambda: basic.purge_with_http_info(PublicGdprDeleteInput(object_id=made.id)),
        lambda given: equal(given[1], 204),
    )
    refused(
        "contacts.basic_api.get_by_id of it",
        ApiException,
        lambda: basic.get_by_id(made.id, archived=True),
        lambda error: equal(error.status, 404),
    )
