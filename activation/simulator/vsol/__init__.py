"""V-SOL V1600G, as its tables and scalar mailboxes look from outside."""
