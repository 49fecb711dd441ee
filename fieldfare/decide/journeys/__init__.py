"""Journeys: versioned state machines that profiles walk. They propose messages and never send one."""
