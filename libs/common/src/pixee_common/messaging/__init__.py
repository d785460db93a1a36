"""Kafka: the topics, and the one way to build brokers and producers."""
