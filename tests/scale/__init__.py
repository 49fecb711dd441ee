"""What needs a real Spark cluster; `make test-scale` runs it, `make test` does not look here."""
