"""From a job to its chunks: whose turn it is, which items it has, a page at a time."""
