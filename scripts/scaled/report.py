"""The figures, for people."""

# Nothing is sent then.
QUIET = "waiting for quiet"


def table(title, columns, rows):
    """Prints a table: `columns` are (heading, key or function)."""
    print(f"\n{title}")
    of = lambda row, get: str(get(row) if callable(get) else row[get])  # noqa: E731
    cells = [[heading for heading, _ in columns]] + [[of(row, get) for _, get in columns] for row in rows]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        print("  " + "   ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def of_seconds(key):
    """A column of seconds."""
    return lambda row: f"{row[key]} s"


def cores(row):
    """Who kept how many cores busy, the busiest first."""
    taken = sorted(row["cores"].items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {share}" for name, share in taken if share >= 0.05)


def bounds(rows):
    """What bounded them: what the database's connections did, and the last rate as a multiple of the first."""
    for row in rows:
        most = ", ".join(f"{what} {share}" for what, share in list(row["database"].items())[:4])
        print(f"  {row['workers']} worker(s): connections of PostgreSQL at a time: {most}")
    print(ratio(rows))


def ratio(rows):
    """The last line's rate as a multiple of the first one's."""
    if len(rows) < 2 or not rows[0]["per_second"]:
        return ""
    times = rows[-1]["per_second"] / rows[0]["per_second"]
    return f"  {rows[-1]['workers']} workers do {times:.2f} times what {rows[0]['workers']} does"


def throughput(rows):
    """Events from a backlog."""
    table("Events stored from a backlog in Kafka (the rate is between a tenth and nine tenths of it)", [
        ("workers", "workers"), ("events", "events"), ("stored/s", "per_second"), ("all after", of_seconds("all_after_seconds")),
        ("read twice", "read_twice"), ("lost", "lost"), ("each worker's", "shares"), ("cores busy", cores)], rows)
    bounds(rows)


def loads(rows):
    """Records without limits."""
    table("Records loaded without the provider's limits", [
        ("workers", "workers"), ("records", "records"), ("loaded/s", "per_second"), ("took", of_seconds("seconds")),
        ("each worker's", "shares"), ("cores busy", cores)], rows)
    bounds(rows)


def chaos(figures):
    """One of each killed."""
    print(f"\nUnder load: {figures['per_second']} events/s acknowledged for {figures['sent_for_seconds']} s, by two intakes")
    kills = ", ".join(f"{kill['what']} (away {kill['away_seconds']} s)" for kill in figures["kills"])
    print(f"  killed with SIGKILL: {kills}")
    print(f"  attempts: {figures['attempts']}; deliveries that came more than once: {figures['repeated_deliveries']}")
    print(f"  acknowledged {figures['acknowledged']}, stored {figures['stored']}; missing {figures['missing']}, "
          f"twice {figures['stored_twice']}, never acknowledged {figures['never_sent']}")
    print(f"  quiet after {figures['quiet_after_seconds']} s")
    print(f"  loads: {figures['runs']}, {figures['records_read']} records; calls by worker: {figures['calls_by_worker']}")
    for run in figures["unwanted_runs"][:5]:
        print(f"  NOT SUCCEEDED: {run}")
    print(f"  incomplete mirrors: {len(figures['incomplete_mirrors'])}; deadlocks that the database broke: {figures['deadlocks']}; "
          f"how often each worker lost Redis: {figures['redis_was_away_for']}")
    lag = [{"phase": name, **phase} for name, phase in figures["lag"].items() if name != QUIET]
    table("How far storing was behind, and the longest stop of each", [
        ("phase", "phase"), ("events behind at most", lambda row: "?" if row["behind"] is None else row["behind"]),
        ("nothing acknowledged for", of_seconds("without_acknowledgement_s")),
        ("nothing stored for", of_seconds("without_storing_s"))], lag)
    rows = [{"phase": name, **phase} for name, phase in figures["budgets"].items()]
    table("The provider's own record of calls: the fullest window of any account (limits: 110 in 10 s, 5 searches in 1 s)", [
        ("phase", "phase"), ("calls", "calls"), ("fullest 10 s", "fullest_burst"), ("searches", "searches"),
        ("fullest 1 s", "fullest_search"), ("beyond", "beyond"), ("refused (429)", "refused"),
        ("last beyond or refused", lambda row: "" if row["last_beyond_s"] is None else f"after {row['last_beyond_s']} s")], rows)
