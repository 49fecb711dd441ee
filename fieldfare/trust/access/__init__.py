"""Who may do what in the console and over the API: users, roles, sign-in, sessions, tokens. Knows no customer."""
