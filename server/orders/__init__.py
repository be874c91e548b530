"""Orders: what was sold, its items, and the jobs they need."""
