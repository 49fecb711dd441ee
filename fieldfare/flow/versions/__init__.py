"""Versions of the workspace: planned, judged by risk, applied or waiting for an approval, rolled back."""
