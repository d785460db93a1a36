"""The one writer of the catalog: what other systems tell on `catalog.changed`, and what pulls bring from the shops."""
