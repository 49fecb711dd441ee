"""The HTTP application beside the door. Assembles the routes of the rooms; has no rule of its own."""
