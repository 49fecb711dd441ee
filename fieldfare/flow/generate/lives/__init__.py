"""How the people of the example workspaces live: one module each."""
