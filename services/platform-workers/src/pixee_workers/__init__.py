"""Workers that carry chunks to the platforms, one lane a shop."""
