"""Who each customer is: identity, profiles, audiences. Contacts nobody."""
