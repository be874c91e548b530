"""What technicians propose to correct, and what the office decides about it."""
