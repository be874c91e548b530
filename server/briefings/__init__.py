"""Briefings: what a technician is told that is of no single job."""
