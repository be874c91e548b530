"""Backups of the database, restores, and the epoch that a restored database begins."""
