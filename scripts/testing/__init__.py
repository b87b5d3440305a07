"""The machinery behind ./test: finds or installs the servers, starts them, runs the tests, cleans up."""
