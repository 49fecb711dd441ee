"""Tests: pure tables in decide, one suite per port in contracts, real databases in stores, stories in scenarios."""
