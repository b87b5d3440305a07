"""The commands of the documents that need more than the test suite may count on, run as they stand."""
