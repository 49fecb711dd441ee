"""Keys and sealing: who can read what is personal, and how that ends. Stores keys; knows no profile and no event."""
