"""Broadcasts: one message, once, to everybody in an audience; a frozen list of recipients with the state of each."""
