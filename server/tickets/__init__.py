"""Tickets: what subscribers complain of, as the operator's own system keeps them."""
