"""Which identifiers are one person, by stored links. Knows nothing of traits."""
