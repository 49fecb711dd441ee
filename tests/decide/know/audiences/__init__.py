"""Tests of pure code in know/audiences."""
