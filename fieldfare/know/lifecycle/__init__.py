"""Lifecycle: one stage per profile at a time, with its rules and history. It evaluates no condition itself."""
