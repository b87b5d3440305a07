from hubspot.crm.associations.v4 import (
    AssociationSpec,
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicAssociationMultiPost,
    PublicFetchAssociationsBatchRequest,
    PublicObjectId,
)
from referee import call, equal, test, true

from .client import hubspot, new_company, new_contact, new_deal


def v4():
    return hubspot().crm.associations.v4


DEAL_TO_CONTACT, CONTACT_TO_COMPANY = 3, 279


@test("Records are associated by default and by type, listed and taken apart")
def _():
    contact, company, deal = new_contact(), new_company(), new_deal()
    call(
        "associations.v4.basic_api.create_default",
        lambda: v4().basic_api.create_default("contacts", contact.id, "companies", company.id),
        lambda given: (equal(given.status, "COMPLETE"), true(given.results[0].association_spec.association_type_id)),
    )
    call(
        "associations.v4.basic_api.get_page",
        lambda: v4().basic_api.get_page("contacts", contact.id, "companies"),
        lambda given: (
            equal([str(one.to_object_id) for one in given.results], [company.id]),
            true(CONTACT_TO_COMPANY in {one.type_id for one in given.results[0].association_types}),
            equal(given.results[0].association_types[0].category, "HUBSPOT_DEFINED"),
        ),
    )
    spec = AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=DEAL_TO_CONTACT)
    call(
        "associations.v4.basic_api.create",
        lambda: v4().basic_api.create("deals", deal.id, "contacts", contact.id, [spec]),
        lambda given: (
            equal(str(given.from_object_id), deal.id),
            equal(given.to_object_type_id, "0-1"),
            equal(given.labels, []),
        ),
    )
    call(
        "associations.v4.basic_api.archive",
        lambda: v4().basic_api.archive_with_http_info("deals", deal.id, "contacts", contact.id),
        lambda given: equal(given[1], 204),
    )
    call(
        "associations.v4.basic_api.get_page after removing",
        lambda: v4().basic_api.get_page("deals", deal.id, "contacts"),
        lambda given: equal(given.results, []),
    )


@test("Associations are made and read in a batch, in part when there are none")
def _():
    contact, lonely, company = new_contact(), new_contact(), new_company()
    spec = AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=CONTACT_TO_COMPANY)
    pair = PublicAssociationMultiPost(
        _from=PublicObjectId(id=contact.id), to=PublicObjectId(id=company.id), types=[spec]
    )
    call(
        "associations.v4.batch_api.create",
        lambda: v4().batch_api.create("contacts", "companies", BatchInputPublicAssociationMultiPost(inputs=[pair])),
        lambda given: (equal(given.status, "COMPLETE"), equal(str(given.results[0].to_object_id), company.id)),
    )
    wanted = lambda *ids: BatchInputPublicFetchAssociationsBatchRequest(  # noqa: E731
        inputs=[PublicFetchAssociationsBatchRequest(id=id) for id in ids]
    )
    call(
        "associations.v4.batch_api.get_page",
        lambda: v4().batch_api.get_page("contacts", "companies", wanted(contact.id)),
        lambda given: (
            equal(given.results[0]._from.id, contact.id),
            equal(str(given.results[0].to[0].to_object_id), company.id),
        ),
    )
    call(
        "associations.v4.batch_api.get_page of none",
        lambda: v4().batch_api.get_page("contacts", "companies", wanted(lonely.id)),
        lambda given: (
            equal(given.results, []),
            equal(given.num_errors, 1),
            equal(given.errors[0].sub_category, "crm.associations.NO_ASSOCIATIONS_FOUND"),
        ),
    )
