"""Act: hand over what the gate permits, once, and hear what became of it. Whether to send is decided elsewhere."""
