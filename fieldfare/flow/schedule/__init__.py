"""Scheduled work by season phase: what is declared, what is due, what was done, and the jobs themselves."""
