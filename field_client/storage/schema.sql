-- What a tablet holds. Ids and instants are text (UUID, ISO 8601 in UTC); documents are JSON.

-- Who this replica is towards the server, and how far it has got.
CREATE TABLE replica (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  incarnation TEXT NOT NULL,
  head_dseq INTEGER NOT NULL,          -- the last operation recorded
  head_chain TEXT NOT NULL,
  acked_dseq INTEGER NOT NULL,         -- the last operation with its verdict
  acked_chain TEXT NOT NULL,
  settled_dseq INTEGER NOT NULL,       -- the last operation whose effect is in the documents
  epoch TEXT,
  cursor BLOB,
  staged_cursor BLOB,                  -- where the next page of an unfinished pull begins
  staged_snapshot INTEGER NOT NULL DEFAULT 0,
  server_offset_ms INTEGER,            -- server minus tablet, as last measured
  last_synced_at TEXT,
  flight_mode INTEGER NOT NULL DEFAULT 0,
  CHECK (settled_dseq <= acked_dseq),
  CHECK (acked_dseq <= head_dseq)
) STRICT;

CREATE TABLE enrolment (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  server_url TEXT NOT NULL,
  device_id TEXT NOT NULL,
  technician_id TEXT NOT NULL,
  technician_name TEXT NOT NULL,
  token TEXT NOT NULL,
  token_expires_at TEXT NOT NULL
) STRICT;

-- Every operation, as sent, kept after its verdict: a restored server may ask for it again.
CREATE TABLE operation (
  dseq INTEGER PRIMARY KEY CHECK (dseq >= 1),
  tx TEXT NOT NULL,
  job_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  raw BLOB NOT NULL,
  chain TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  capture_id TEXT UNIQUE,
  capture_digest TEXT,
  serial TEXT,
  verdict BLOB,
  verdict_kind TEXT,
  verdict_code TEXT,
  acked_at TEXT,
  CHECK ((capture_id IS NULL) = (capture_digest IS NULL)),
  CHECK ((verdict IS NULL) = (verdict_kind IS NULL))
) STRICT;
CREATE INDEX operation_by_job ON operation (job_id, dseq);
CREATE INDEX operation_by_serial ON operation (serial) WHERE serial IS NOT NULL;

-- The server's documents, untouched by what was done here; the overlay is worked out when read.
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  document BLOB NOT NULL,
  left_reason TEXT                     -- not null: out of scope, lingering until all is settled
) STRICT;

CREATE TABLE issue (
  id TEXT PRIMARY KEY,
  job_id TEXT,
  document BLOB NOT NULL
) STRICT;

-- Pages of a pull that is not finished; applied together with its last page.
CREATE TABLE staged (
  position INTEGER PRIMARY KEY,
  entry BLOB NOT NULL
) STRICT;

-- Photos and signatures whose files lie in the blob folder; the file is there before the row.
CREATE TABLE blob (
  sha256 TEXT NOT NULL,
  job_id TEXT NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
  media_type TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  uploaded_at TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  PRIMARY KEY (sha256, job_id)
) STRICT;
CREATE INDEX blob_pending ON blob (recorded_at) WHERE uploaded_at IS NULL;
