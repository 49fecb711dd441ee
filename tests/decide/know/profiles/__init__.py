"""Tests of pure code in know/profiles."""
