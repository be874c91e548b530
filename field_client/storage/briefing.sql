-- What the technician is told that is of no single job, as the bytes that came.
CREATE TABLE briefing (
  id TEXT PRIMARY KEY,                 -- whose it is
  document BLOB NOT NULL
) STRICT;

-- What a feed told before this program could read it is told again.
UPDATE replica SET cursor = NULL, staged_cursor = NULL, staged_snapshot = 0;
DELETE FROM staged;
