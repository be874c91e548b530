"""Services: what runs for a subscriber once an order is fulfilled."""
