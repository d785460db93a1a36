"""What leaves and what could not be read: outbox, relay, dead letters."""
