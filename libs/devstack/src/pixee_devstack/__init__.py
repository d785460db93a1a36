"""The embedded stack: a real PostgreSQL, a real Kafka, the services and the simulators as processes."""
