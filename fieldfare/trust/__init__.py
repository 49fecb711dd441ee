"""Consent and keys: what may be done with personal data, and who can read it. Decides no message."""
