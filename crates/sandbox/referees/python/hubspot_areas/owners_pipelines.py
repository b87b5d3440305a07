from datetime import datetime

from referee import call, equal, matches, test, true

from .client import hubspot


@test("Owners are listed and read by both their ids")
def _():
    owners = hubspot().crm.owners.owners_api
    page = call(
        "owners.owners_api.get_page",
        lambda: owners.get_page(limit=1),
        lambda given: (
            equal(len(given.results), 1),
            equal(given.results[0].type, "PERSON"),
            matches(given.results[0].email, "@"),
            true(isinstance(given.results[0].created_at, datetime)),
        ),
    )
    owner = page.results[0]
    call(
        "owners.owners_api.get_by_id",
        lambda: owners.get_by_id(int(owner.id)),
        lambda given: equal(given.email, owner.email),
    )
    call(
        "owners.owners_api.get_by_id by user id",
        lambda: owners.get_by_id(owner.user_id, id_property="userId"),
        lambda given: equal(given.id, owner.id),
    )
    call(
        "owners.owners_api.get_page by email",
        lambda: owners.get_page(email=owner.email),
        lambda given: equal([one.id for one in given.results], [owner.id]),
    )


@test("The pipelines of deals have stages")
def _():
    def check(given):
        pipeline = given.results[0]
        equal(pipeline.archived, False)
        true(isinstance(pipeline.created_at, datetime))
        true(all(isinstance(stage.created_at, datetime) for stage in pipeline.stages))
        matches(pipeline.stages[0].metadata["probability"], r"^[01](\.\d+)?$")

    call("pipelines.pipelines_api.get_all", lambda: hubspot().crm.pipelines.pipelines_api.get_all("deals"), check)
