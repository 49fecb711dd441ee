"""Fieldfare."""
