"""What schemathesis cannot know: ids that exist. Most requests that are otherwise as they should be get one of them.

`SYNCLINE_OPENAPI_KNOWN` names a file of what there is, by operation and then by the name of a parameter or of a field of the body.
"""

import json
import os
import zlib
from pathlib import Path

import schemathesis

KNOWN = json.loads(Path(os.environ["SYNCLINE_OPENAPI_KNOWN"]).read_text(encoding="utf-8"))


def chosen(values, made_up):
    """One of the values, by what was made up in its place; for a quarter that itself: what is not there has to be refused as well."""
    number = zlib.crc32(repr(made_up).encode())
    return made_up if number % 4 == 3 else values[number // 4 % len(values)]


def is_sound(case, place):
    """Whether this part of the request is as the document says: what is wrong on purpose stays as it is."""
    if case.meta is None:
        return False
    for location, component in case.meta.components.items():
        if location.value == place:
            return component.mode.is_positive
    return False


def put(found, known):
    """Puts what is known into the fields of these names, at any depth."""
    if isinstance(found, list):
        for one in found:
            put(one, known)
    if not isinstance(found, dict):
        return
    for name, value in found.items():
        if name not in known:
            put(value, known)
        elif isinstance(value, list):
            found[name] = [chosen(known[name], one) for one in value]
        elif value is not None:
            found[name] = chosen(known[name], value)


@schemathesis.hook
def before_call(_context, case, _kwargs):
    known = KNOWN.get(case.operation.definition.raw.get("operationId"), {})
    if is_sound(case, "path"):
        for name, values in known.get("path", {}).items():
            case.path_parameters[name] = chosen(values, case.path_parameters.get(name))
    # It learns ids from answers, and would end what everything else is about, its own key first.
    if case.method.upper() == "DELETE":
        for name, value in (case.path_parameters or {}).items():
            if value in KNOWN["kept"]:
                case.path_parameters[name] = f"not-{value}"
    if is_sound(case, "query"):
        put(case.query, {**KNOWN["everywhere"], **known.get("query", {})})
    if is_sound(case, "body"):
        put(case.body, {**KNOWN["everywhere"], **known.get("body", {})})
