"""Catalog and shops side by side: the shops read through the platforms' own APIs, by code that shares nothing with the adapters."""
