"""Drives pyairtable, the Python client for Airtable."""

import referee
from pyairtable_areas import bases, comments, errors, formulas, records, schema, webhooks  # noqa: F401 (importing registers the tests)

referee.run("pyairtable 3.5.0.post1 (PyPI)")
