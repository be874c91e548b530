"""Console users, technicians, and the front doors: sessions, API tokens, device tokens."""
