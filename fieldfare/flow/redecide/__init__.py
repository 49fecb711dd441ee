"""Old verdicts judged anew by changed rules, from what the log recorded. Pure but for :mod:`run`, which reads."""
