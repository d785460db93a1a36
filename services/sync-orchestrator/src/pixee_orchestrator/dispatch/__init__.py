"""Rings routes: as many chunks as a route's window has room for, in order, while a worker lives to hear it."""
