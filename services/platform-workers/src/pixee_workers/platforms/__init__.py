"""One folder for each platform, found by its name: manifest, wire, mapping, adapter."""
