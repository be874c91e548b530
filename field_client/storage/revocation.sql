-- The server has said that this device is withdrawn; since when (JSON, as in contact). One row.
CREATE TABLE revocation (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  told BLOB NOT NULL
) STRICT;

-- What is handed over, packed as it is signed and sent; the last one names the files.
CREATE TABLE hand_over (
  position INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  operations INTEGER NOT NULL,
  taken_at TEXT
) STRICT;
