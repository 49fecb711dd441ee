"""Tests of the pure parts of delivery."""
