"""What tablet and server must agree on: pure, and run by both sides."""
