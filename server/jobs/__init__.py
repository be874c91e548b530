"""Jobs: pieces of field work, from assignment to completion."""
