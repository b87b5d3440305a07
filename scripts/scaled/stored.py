"""What is stored, read over the API page by page."""

from dataclasses import dataclass, field

PAGE = 500


@dataclass
class Found:
    """Which of our ids are stored."""

    stored: int = 0  # events
    once: set = field(default_factory=set)  # ids
    twice: set = field(default_factory=set)  # ids that more than one event has


def read_all(scene, say):
    """Reads every event, oldest first."""
    found, cursor = Found(), None
    while True:
        asked = {"limit": PAGE, "order": "asc", **({"cursor": cursor} if cursor else {})}
        page = scene.client.get("/v1/events", **asked)
        for event in page["data"]:
            number = event["raw"]["eventId"]
            found.stored += 1
            (found.twice if number in found.once else found.once).add(number)
        cursor = page["next_cursor"]
        if cursor is None:
            say(f"{found.stored} events were read back")
            return found


def mirrored(scene, connection):
    """{type: how many records of a connection are mirrored and not gone}."""
    counts, cursor = {}, None
    while True:
        asked = {"connection_id": connection, "gone": "false", "limit": PAGE, **({"cursor": cursor} if cursor else {})}
        page = scene.client.get("/v1/records", **asked)
        for record in page["data"]:
            counts[record["type"]] = counts.get(record["type"], 0) + 1
        cursor = page["next_cursor"]
        if cursor is None:
            return counts
