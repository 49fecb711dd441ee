"""Finding profiles that may be the same person, by a model trained from the data alone. Joins nobody."""
