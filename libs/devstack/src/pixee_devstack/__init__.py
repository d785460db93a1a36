"""The embedded stack: a real PostgreSQL, a real Kafka, the services and the simulators as processes.

`stack.Stack` is the whole system; `postgres.EmbeddedPostgres` and `kafka.EmbeddedKafka` are its servers alone.
"""
