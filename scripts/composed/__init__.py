"""The compose files of packaging/, started for real, with one of each service killed in turn."""
