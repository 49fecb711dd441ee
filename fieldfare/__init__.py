"""Fieldfare: customer data and engagement in one loop. The rooms hold everything; this package exports nothing."""
