"""Registered experiments: what was promised before the start, how it stands, and what may be said of it."""
