"""Experiments: who is held out, what changed against them, and how sure that is. Sends nothing."""
