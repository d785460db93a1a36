"""What Kafka tells a worker: bells, and which partitions are its own. Nothing long ever runs here."""
