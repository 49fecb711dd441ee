"""Benchmarks: each against its limit or a peer, one command each. `make bench` runs all of them."""
