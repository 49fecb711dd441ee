"""Tests of the pure parts of act."""
