"""The catalog import: a file of rows becomes `catalog.changed` events, and a report in which every row is accounted for."""
