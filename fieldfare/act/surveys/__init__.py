"""Surveys: one question to one person, asked by a link in a message and answered on a page of our own."""
