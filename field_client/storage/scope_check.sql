-- Whether this replica holds what the server says it holds. Moments are JSON.
CREATE TABLE scope_check (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  checked_at BLOB,                     -- when it was last compared, or asked for in vain
  healed_at BLOB,                      -- when it last began anew because it differed
  heals INTEGER NOT NULL DEFAULT 0     -- how often that was; reported with every request
) STRICT;

INSERT INTO scope_check (id) VALUES (1);
