"""Drives pyairtable, the Python client for Airtable."""

import referee
from pyairtable_areas import (  # noqa: F401 (importing registers the tests)
    bases,
    comments,
    errors,
    formulas,
    records,
    schema,
    webhooks,
)

referee.run("pyairtable 3.5.0.post1 (PyPI)")
