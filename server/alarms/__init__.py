"""What the network does after an ONT is live: who is dark, and what they have in common."""
