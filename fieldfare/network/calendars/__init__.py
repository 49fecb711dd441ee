"""Calendars: seasons with their phases, and wall-clock times in a zone. It never asks what time it is."""
