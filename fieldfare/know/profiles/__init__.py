"""Profiles: one person as we know them now, folded purely from events. It resolves no identities and stores nothing."""
