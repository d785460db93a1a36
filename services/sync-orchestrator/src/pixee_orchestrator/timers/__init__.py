"""What time alone brings about: due chunks, dead workers, cancelled and expired jobs, overdue verdicts, deleted connectors, retention."""
