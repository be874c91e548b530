"""V-SOL V1600G."""
