"""Evidence that leaves the house: bundles, and the verifier that needs nothing else."""
