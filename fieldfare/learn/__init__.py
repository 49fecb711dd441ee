"""Learn: what changed because of us, measured against randomized holdouts."""
