"""ZTE C300 and C320, as their tables look from outside."""
