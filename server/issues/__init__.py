"""Issues in the office: what of technicians' work did not simply apply, and how it is closed."""
