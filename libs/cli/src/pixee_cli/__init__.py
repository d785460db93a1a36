"""The command line of Pixee Connectors."""
