"""Consent: an append-only ledger of acts, what is in force by it, and addresses that must not be contacted.

It says what is in force. It does not decide whether a message goes: that is the gate's.
"""
