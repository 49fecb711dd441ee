"""Audiences: named conditions over profiles, exact at every moment. It folds nothing and sends nothing."""
