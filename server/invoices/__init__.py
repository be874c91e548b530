"""Invoices and the completion feed: what going live costs, and who is told of it."""
