-- Up to here the operations are in a backup of the server, as it last said; NULL: in none known.
ALTER TABLE replica ADD COLUMN durable_dseq INTEGER;
-- Operations up to this number are held no more, and the chain after it.
ALTER TABLE replica ADD COLUMN forgotten_dseq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replica ADD COLUMN forgotten_chain TEXT;
-- Which life of the server acknowledged it; another one may not know of it.
ALTER TABLE past_operation ADD COLUMN epoch TEXT;
UPDATE past_operation SET epoch = (SELECT epoch FROM replica);
