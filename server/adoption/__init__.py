"""What OLTs really hold: living services are adopted, and differences are told."""
