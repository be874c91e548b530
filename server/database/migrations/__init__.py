"""The steps from each schema to the next; ``server.database.schema_versions`` runs them."""
