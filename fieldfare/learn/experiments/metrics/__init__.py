"""Metrics of experiments: what ``metrics.yaml`` declares, and the aggregates that each needs of the lake."""
