-- A replica can begin a new incarnation: it was restored or copied, or its device was enrolled anew.

ALTER TABLE replica ADD COLUMN began_after TEXT;  -- the incarnation before this one
ALTER TABLE replica ADD COLUMN began_at TEXT;
ALTER TABLE replica ADD COLUMN began_why TEXT;
ALTER TABLE replica ADD COLUMN acked_before INTEGER NOT NULL DEFAULT 0;  -- under earlier ones

-- The key that the device was enrolled with: another one is not that device.
ALTER TABLE enrolment ADD COLUMN public_key TEXT;

-- What the server had acknowledged under earlier incarnations, with its identity of then.
CREATE TABLE past_operation (
  position INTEGER PRIMARY KEY,
  incarnation TEXT NOT NULL,
  dseq INTEGER NOT NULL,
  tx TEXT NOT NULL,
  job_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  raw BLOB NOT NULL,
  chain TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  capture_id TEXT,
  capture_digest TEXT,
  serial TEXT,
  verdict BLOB,
  verdict_kind TEXT,
  verdict_code TEXT,
  acked_at TEXT,
  is_settled INTEGER NOT NULL,         -- 1: its effect is in the documents
  UNIQUE (incarnation, dseq)
) STRICT;
CREATE INDEX past_operation_by_job ON past_operation (job_id, position);
CREATE INDEX past_operation_by_serial ON past_operation (serial) WHERE serial IS NOT NULL;
