"""Our own small catalog for the demo: invented products of an invented brand house, free of any licence. `make` writes the file."""
