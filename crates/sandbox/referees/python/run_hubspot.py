"""Drives HubSpot's own Python client."""

import referee
from hubspot_areas import (  # noqa: F401 (importing registers the tests)
    associations,
    batch,
    companies_deals,
    contacts,
    errors,
    merge,
    oauth,
    owners_pipelines,
    properties,
    search,
    webhooks,
)

referee.run("hubspot-api-client 12.0.0 (PyPI)")
