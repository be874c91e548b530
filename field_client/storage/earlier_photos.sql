-- Photos of earlier visits that open jobs show, in the order in which they are fetched. The row is
-- there before the file, and goes after it: a file that nobody speaks of would never be removed.
CREATE TABLE earlier_photo (
  sha256 TEXT NOT NULL PRIMARY KEY,
  job_id TEXT NOT NULL,
  place INTEGER,          -- NULL: wanted no more
  size_bytes INTEGER,     -- NULL: not known yet
  media_type TEXT,        -- NULL: the file is not here
  asked_at TEXT           -- when the server last had none to give
) STRICT;
CREATE INDEX earlier_photo_place ON earlier_photo (place);
