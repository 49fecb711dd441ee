"""Rehearsals: whole populations through the true pipeline on a simulated clock, and old verdicts judged by new rules.

Pure but for :mod:`gather` and :mod:`history`, which read, and :mod:`job`, which runs one at a time. Joined in
``assembly``.
"""
