"""Stateful, strict simulators of the shops and marketplaces that Pixee Connectors talks to."""
