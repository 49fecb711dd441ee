"""Computed traits."""
