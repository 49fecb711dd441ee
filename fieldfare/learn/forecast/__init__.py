"""Forecasts of daily volume, its season through the year, peaks and their start. It sends nothing."""
