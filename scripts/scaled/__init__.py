"""The scaled-out proof: two intakes, three workers, PostgreSQL, Kafka and Redis on one machine, killed one after the other."""
