"""Decide: journeys wish, the gate permits, refuses or defers. Nothing here sends."""
