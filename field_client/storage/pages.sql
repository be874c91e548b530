-- What the pages remember for the person in front of them; none of it is sent.

-- What was entered and is no fact yet: a name before its signature, a remark before the reason.
CREATE TABLE draft (
  job_id TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (job_id, field)
) STRICT;

-- What a job's page last showed: what differs now is "changed since you looked".
CREATE TABLE seen (
  job_id TEXT PRIMARY KEY,
  shown BLOB NOT NULL
) STRICT;

CREATE TABLE preference (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
