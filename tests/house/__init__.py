"""The laws of the house that a machine can check, each with a planted fault that shows the check can fail."""
