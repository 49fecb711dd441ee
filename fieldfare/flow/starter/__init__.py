"""The workspace that ``fieldfare init`` writes: package data, copied as it is. Holds no code."""
