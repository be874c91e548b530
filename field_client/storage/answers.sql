-- What is answered to issues: found by the issue, and which issues are left to answer.
ALTER TABLE operation ADD COLUMN issue_id TEXT;
ALTER TABLE past_operation ADD COLUMN issue_id TEXT;
CREATE INDEX operation_by_issue ON operation (issue_id) WHERE issue_id IS NOT NULL;
CREATE INDEX past_operation_by_issue ON past_operation (issue_id) WHERE issue_id IS NOT NULL;

-- Which operation an issue is about.
ALTER TABLE issue ADD COLUMN incarnation TEXT
  GENERATED ALWAYS AS (json_extract(CAST(document AS TEXT), '$.incarnation')) VIRTUAL;
ALTER TABLE issue ADD COLUMN dseq INTEGER
  GENERATED ALWAYS AS (json_extract(CAST(document AS TEXT), '$.dseq')) VIRTUAL;

-- Every answer that is held, those of earlier incarnations first; the last one of an issue stands.
CREATE VIEW answer AS
SELECT 0 AS life, position AS place, issue_id, raw, 1 AS is_acked, incarnation, dseq, verdict_kind
FROM past_operation WHERE issue_id IS NOT NULL
UNION ALL
SELECT 1, dseq, issue_id, raw, dseq <= acked_dseq, incarnation, dseq, verdict_kind
FROM operation, replica WHERE issue_id IS NOT NULL;

-- An answer is parked only by a server that does not know answers. That it was is no news to answer.
CREATE VIEW issue_to_tell AS
SELECT id, job_id, document, id IN (SELECT issue_id FROM answer) AS is_answered FROM issue
WHERE NOT EXISTS (
  SELECT 1 FROM answer WHERE answer.verdict_kind = 'parked'
    AND answer.incarnation = issue.incarnation AND answer.dseq = issue.dseq);
