"""Domain, events, storage, messaging, security and telemetry shared by every Pixee service."""
