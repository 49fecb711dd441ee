"""Public fakes and oracles for tests, ours and those of users. Never imported by the product."""
