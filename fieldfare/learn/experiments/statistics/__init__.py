"""The statistics of experiments: pure functions of aggregates. They see no person, open nothing, and word nothing."""
