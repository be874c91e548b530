"""What can go wrong, played: each rival beside what must become of it."""
