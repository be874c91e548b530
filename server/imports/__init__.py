"""Imports: an operator's CSV files become premises, plant, accounts, products and stock."""
