"""Tests of the console: its own, by Node, and its stories in a real browser against the whole product."""
