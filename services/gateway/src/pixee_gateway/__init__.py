"""The public REST API: validates, writes the job and its event, answers at once."""
