"""What speaks against the proof."""

from .budgets import BURST, SEARCH

# While Redis is away every worker keeps to the whole limit by itself; how soon that is over afterwards is --settle.
UNSHARED = ("redis killed", "redis back")


def reasons(figures, workers):
    """Why the part `chaos` failed; none when it did not."""
    found = []
    if figures["quiet_after_seconds"] is None:
        found.append("no quiet came: loads, jobs or events were still under way when the patience was over")
    wrong = {"missing": "acknowledged events are not stored", "stored_twice": "events are stored more than once",
             "never_sent": "stored events were never acknowledged", "panics": "lines of the logs tell of a panic",
             "record_of_calls_lost": "calls are missing in the sandbox's record: nothing can be said about limits"}
    found += [f"{figures[name]} {text}" for name, text in wrong.items() if figures[name]]
    parked = [f"{job['jobs']} {job['kind']}" for job in figures["jobs"] if job["state"] == "parked"]
    if parked:
        found.append(f"jobs were parked: {', '.join(parked)}")
    if figures["unwanted_runs"]:
        found.append(f"{len(figures['unwanted_runs'])} loads did not succeed")
    if figures["calls_of_nobody_known"]:
        found.append(f"it is not known whose calls these are: {figures['calls_of_nobody_known']}")
    if figures["incomplete_mirrors"]:
        found.append(f"mirrors lack records, or have others: {figures['incomplete_mirrors']}")
    idle = [name for name, calls in figures["calls_by_worker"].items() if not calls]
    if idle:
        found.append(f"nothing was shared: {', '.join(idle)} never called the provider")
    return found + limits(figures["budgets"], workers)


def limits(budgets, workers):
    """Limits that were not kept."""
    found = []
    for name, phase in budgets.items():
        is_shared = not name.startswith(UNSHARED)
        share = 1 if is_shared else workers
        if phase["fullest_burst"] > BURST * share or phase["fullest_search"] > SEARCH * share:
            found.append(f"{name}: {phase['fullest_burst']} calls in ten seconds, {phase['fullest_search']} searches in one, "
                         f"of one account ({BURST * share} and {SEARCH * share} at most)")
        if phase["refused"] and is_shared:
            found.append(f"{name}: {phase['refused']} calls were refused as too many")
    return found
