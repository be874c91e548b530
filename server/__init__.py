"""The operator's side: HTTP API, console, database, fulfilment."""
