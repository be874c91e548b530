"""What a technician sees: pages over the same calls that the local API makes."""
