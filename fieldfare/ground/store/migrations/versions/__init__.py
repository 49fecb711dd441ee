"""The revisions of the schema, oldest first by number. Never edited once they have run anywhere."""
