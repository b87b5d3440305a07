from datetime import datetime

from referee import call, equal, matches, test, true

from .client import USER, some_table


@test("A record is commented on")
def _():
    table = some_table("Ada")
    id = table.first()["id"]
    first = call(
        "table.add_comment",
        lambda: table.add_comment(id, "Hello"),
        lambda given: (
            matches(given.id, "^com"),
            equal(given.text, "Hello"),
            equal(given.author.id, USER["user_id"]),
            true(isinstance(given.created_time, datetime)),
        ),
    )
    call(
        "table.add_comment that answers",
        lambda: table.add_comment(id, "Hello yourself", parent_comment_id=first.id),
        lambda given: equal(given.parent_comment_id, first.id),
    )
    call(
        "table.comments",
        lambda: table.comments(id),
        lambda given: equal({one.text for one in given}, {"Hello", "Hello yourself"}),
    )
    call(
        "table.all with the count",
        lambda: table.all(count_comments=True),
        lambda given: equal(given[0]["commentCount"], 2),
    )
