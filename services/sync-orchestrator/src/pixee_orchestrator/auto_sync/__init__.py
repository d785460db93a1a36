"""Auto-sync: changes of the catalog are marked for the connectors that want them, and drained into ordinary jobs."""
