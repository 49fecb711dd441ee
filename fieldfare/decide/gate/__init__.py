"""The gate: the one place that decides whether a proposal may be handed over, with every reason.

It gives permits, refusals and deferrals. It does not render, send, or read a store.
"""
