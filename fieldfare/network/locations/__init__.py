"""Locations: the tree network > region > location, and each place's time zone. No opening hours, no scopes yet."""
