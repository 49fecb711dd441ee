"""Computed traits: values that follow from measures and traits, never stored, right at any moment."""
