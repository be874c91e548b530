-- Up to here the operations are in a backup of the server, as it last said; NULL: in none known.
ALTER TABLE replica ADD COLUMN durable_dseq INTEGER;
