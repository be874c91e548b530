-- When the server last answered, and what is known of the time since (JSON). No row: it never did,
-- or not since a program that counts it.
CREATE TABLE contact (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  body BLOB NOT NULL
) STRICT;
