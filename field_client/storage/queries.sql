-- Every statement that the replica runs, by name.

-- name: replica_create
INSERT OR IGNORE INTO replica
  (id, incarnation, head_dseq, head_chain, acked_dseq, acked_chain, settled_dseq)
VALUES (1, :incarnation, 0, :chain, 0, :chain, 0);

-- name: replica_state
SELECT incarnation, head_dseq, head_chain, acked_dseq, acked_chain, settled_dseq, epoch, cursor,
  staged_cursor, staged_snapshot, server_offset_ms, last_synced_at, flight_mode,
  began_after, began_at, began_why, acked_before,
  durable_dseq, forgotten_dseq, forgotten_chain
FROM replica WHERE id = 1;

-- name: replica_advance_head
UPDATE replica SET head_dseq = :dseq, head_chain = :chain WHERE id = 1;

-- name: replica_advance_ack
UPDATE replica SET acked_dseq = :dseq, acked_chain = :chain,
  settled_dseq = min(settled_dseq, :dseq)
WHERE id = 1;

-- name: replica_settle
UPDATE replica SET settled_dseq = max(settled_dseq, min(acked_dseq, :dseq)) WHERE id = 1;

-- name: replica_begin_anew
UPDATE replica SET began_after = incarnation, began_at = :at, began_why = :why,
  acked_before = :acked_before, incarnation = :incarnation,
  head_dseq = 0, head_chain = :chain, acked_dseq = 0, acked_chain = :chain, settled_dseq = 0,
  durable_dseq = NULL, forgotten_dseq = 0, forgotten_chain = NULL
WHERE id = 1;

-- name: replica_measure
UPDATE replica SET server_offset_ms = :offset_ms WHERE id = 1;

-- name: replica_synced
UPDATE replica SET last_synced_at = :at WHERE id = 1;

-- name: replica_flight_mode
UPDATE replica SET flight_mode = :is_on WHERE id = 1;

-- name: replica_new_epoch
UPDATE replica SET epoch = :epoch, cursor = NULL, staged_cursor = NULL, staged_snapshot = 0
WHERE id = 1;

-- name: replica_durable
UPDATE replica SET durable_dseq = :dseq WHERE id = 1;

-- name: replica_stage
UPDATE replica SET staged_cursor = :cursor, staged_snapshot = :is_snapshot WHERE id = 1;

-- name: replica_pulled
UPDATE replica SET cursor = :cursor, staged_cursor = NULL, staged_snapshot = 0 WHERE id = 1;

-- name: enrolment_store
INSERT INTO enrolment
  (id, server_url, device_id, technician_id, technician_name, token, token_expires_at, public_key)
VALUES (1, :server_url, :device_id, :technician_id, :technician_name, :token, :token_expires_at,
  :public_key)
ON CONFLICT (id) DO UPDATE SET server_url = excluded.server_url, device_id = excluded.device_id,
  technician_id = excluded.technician_id, technician_name = excluded.technician_name,
  token = excluded.token, token_expires_at = excluded.token_expires_at,
  public_key = excluded.public_key;

-- name: enrolment
SELECT server_url, device_id, technician_id, technician_name, token, token_expires_at, public_key
FROM enrolment WHERE id = 1;

-- name: enrolment_note_key
UPDATE enrolment SET public_key = :public_key WHERE id = 1 AND public_key IS NULL;

-- name: enrolment_renew
UPDATE enrolment SET token = :token, token_expires_at = :token_expires_at WHERE id = 1;

-- name: operation_add
-- An operation that is of no job has an empty job_id.
INSERT INTO operation
  (dseq, tx, job_id, kind, raw, chain, recorded_at, capture_id, capture_digest, serial, issue_id)
VALUES (:dseq, :tx, :job_id, :kind, :raw, :chain, :recorded_at, :capture_id, :capture_digest,
  :serial, :issue_id);

-- name: operations_pending
SELECT dseq, tx, raw FROM operation WHERE dseq > :acked_dseq ORDER BY dseq LIMIT :count_max;

-- name: operations_unjudged
SELECT dseq, tx, raw FROM operation, replica WHERE dseq > acked_dseq ORDER BY dseq;

-- name: operations_to_past
INSERT INTO past_operation
  (incarnation, dseq, tx, job_id, kind, raw, chain, recorded_at, capture_id, capture_digest, serial,
   issue_id, verdict, verdict_kind, verdict_code, acked_at, is_settled, epoch)
SELECT incarnation, dseq, tx, job_id, kind, raw, chain, recorded_at, capture_id, capture_digest,
  serial, issue_id, verdict, verdict_kind, verdict_code, acked_at, dseq <= settled_dseq, epoch
FROM operation, replica WHERE dseq <= acked_dseq ORDER BY dseq;

-- name: jobs_recorded_after
SELECT DISTINCT job_id FROM operation WHERE dseq > :dseq;

-- name: operations_all
SELECT raw FROM operation ORDER BY dseq;

-- name: operations_clear
DELETE FROM operation;

-- name: past_is_of_another_epoch
SELECT EXISTS (
  SELECT 1 FROM past_operation, replica
  WHERE past_operation.epoch IS NOT NULL AND past_operation.epoch <> replica.epoch
) AS is_so;

-- name: past_operations
SELECT incarnation, dseq, raw FROM past_operation ORDER BY position;

-- name: past_clear
DELETE FROM past_operation;

-- name: past_settle
UPDATE past_operation SET is_settled = 1 WHERE is_settled = 0;

-- name: past_forget
-- A backup that holds something of this incarnation holds all that was acknowledged before it.
DELETE FROM past_operation
WHERE acked_at < :before AND is_settled AND job_id NOT IN (SELECT id FROM job)
  AND (SELECT durable_dseq IS NULL OR durable_dseq > 0 FROM replica);

-- name: operation_chain
SELECT chain FROM operation WHERE dseq = :dseq;

-- name: operation_verdict
UPDATE operation SET verdict = :verdict, verdict_kind = :kind, verdict_code = :code,
  acked_at = :at
WHERE dseq = :dseq;

-- name: operations_of_job
-- First what was said under earlier incarnations.
SELECT raw, is_acked, is_settled FROM (
  SELECT 0 AS life, position AS place, raw, 1 AS is_acked, is_settled
  FROM past_operation WHERE job_id = :job_id
  UNION ALL
  SELECT 1, dseq, raw, dseq <= acked_dseq, dseq <= settled_dseq
  FROM operation, replica WHERE job_id = :job_id
) ORDER BY life, place;

-- name: operations_page
SELECT dseq, tx, nullif(job_id, '') AS job_id, kind, recorded_at, verdict_kind AS verdict,
  verdict_code AS code
FROM operation WHERE dseq > :after ORDER BY dseq LIMIT :count_max;

-- name: operations_by_verdict
SELECT coalesce(verdict_kind, 'pending') AS verdict, count(*) AS count FROM (
  SELECT verdict_kind FROM past_operation UNION ALL SELECT verdict_kind FROM operation
) GROUP BY 1 ORDER BY 1;

-- name: operations_pending_by_job
SELECT job_id, count(*) AS count FROM operation WHERE dseq > :acked_dseq GROUP BY job_id;

-- name: operations_pending_of_job
SELECT count(*) AS count FROM operation WHERE job_id = :job_id AND dseq > :acked_dseq;

-- name: blobs_pending_of_job
SELECT count(*) AS count FROM blob WHERE uploaded_at IS NULL AND job_id = :job_id;

-- name: operations_forget
DELETE FROM operation WHERE dseq <= :dseq;

-- name: operation_last_old
-- Only from the front: a hole could never be sent again.
SELECT max(dseq) AS dseq FROM operation WHERE dseq < (
  SELECT coalesce(min(dseq), (SELECT head_dseq + 1 FROM replica)) FROM operation
  WHERE acked_at IS NULL OR acked_at >= :before OR dseq > :kept_after
    OR job_id IN (SELECT id FROM job));

-- name: replica_forget
UPDATE replica SET forgotten_dseq = :dseq, forgotten_chain = :chain WHERE id = 1;

-- name: serial_elsewhere
SELECT job_id FROM (
  SELECT 0 AS life, position AS place, job_id FROM past_operation
  WHERE serial = :serial AND job_id <> :job_id
  UNION ALL
  SELECT 1, dseq, job_id FROM operation WHERE serial = :serial AND job_id <> :job_id
) ORDER BY life, place LIMIT 1;

-- name: jobs
SELECT id, document, left_reason FROM job ORDER BY id;

-- name: job
SELECT id, document, left_reason FROM job WHERE id = :id;

-- name: jobs_created
-- Begun here, and in no document: the server has not heard of it, or keeps it for a person to place
-- (perhaps since an earlier incarnation, of which the verdict on a duplicate speaks). Or a restored
-- copy of this tablet sends files of a job that had ended: no snapshot names it, and it stays too.
SELECT raw FROM (
  SELECT 0 AS life, position AS place, job_id, raw, is_settled, verdict_kind, verdict
  FROM past_operation WHERE kind = 'create_job'
  UNION ALL
  SELECT 1, dseq, job_id, raw, dseq <= settled_dseq, verdict_kind, verdict
  FROM operation, replica WHERE kind = 'create_job'
) AS created
WHERE (NOT is_settled OR verdict_kind IN ('parked', 'rejected')
    OR instr(verdict, 'first verdict: parked')
    OR EXISTS (SELECT 1 FROM blob WHERE blob.job_id = created.job_id AND uploaded_at IS NULL))
  AND job_id NOT IN (SELECT id FROM job)
ORDER BY life, place;

-- name: job_begun
-- The operation that began a job here, as it was last said, and what the server answered.
SELECT raw, verdict_kind, was_parked FROM (
  SELECT 0 AS life, position AS place, raw, verdict_kind,
    instr(coalesce(verdict, ''), 'first verdict: parked') > 0 AS was_parked
  FROM past_operation WHERE kind = 'create_job' AND job_id = :job_id
  UNION ALL
  SELECT 1, dseq, raw, verdict_kind, instr(coalesce(verdict, ''), 'first verdict: parked') > 0
  FROM operation WHERE kind = 'create_job' AND job_id = :job_id
) ORDER BY life DESC, place DESC LIMIT 1;

-- name: onts_said
-- What was said here of where ONTs are, in the order in which it was said. No other capture matches:
-- within a text JSON escapes the quotation marks of the tag.
SELECT job_id, serial, recorded_at, raw, is_settled FROM (
  SELECT 0 AS life, position AS place, job_id, serial, recorded_at,
    CASE WHEN serial IS NULL THEN raw END AS raw, is_settled
  FROM past_operation
  WHERE serial IS NOT NULL OR (kind = 'capture' AND instr(raw, '"type":"ont_moved"'))
  UNION ALL
  SELECT 1, dseq, job_id, serial, recorded_at, CASE WHEN serial IS NULL THEN raw END,
    dseq <= settled_dseq
  FROM operation, replica
  WHERE serial IS NOT NULL OR (kind = 'capture' AND instr(raw, '"type":"ont_moved"'))
) ORDER BY life, place;

-- name: job_store
INSERT INTO job (id, document, left_reason) VALUES (:id, :document, NULL)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, left_reason = NULL;

-- name: job_linger
UPDATE job SET left_reason = :reason WHERE id = :id;

-- name: jobs_purge
-- A job that left goes once every verdict is in and every blob is uploaded.
DELETE FROM job WHERE left_reason IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM operation, replica
    WHERE operation.job_id = job.id AND operation.dseq > replica.acked_dseq)
  AND NOT EXISTS (SELECT 1 FROM blob
    WHERE blob.job_id = job.id AND blob.uploaded_at IS NULL);

-- name: issues
SELECT id, document FROM issue ORDER BY id;

-- name: issue_store
INSERT INTO issue (id, job_id, document) VALUES (:id, :job_id, :document)
ON CONFLICT (id) DO UPDATE SET job_id = excluded.job_id, document = excluded.document;

-- name: issue_close
DELETE FROM issue WHERE id = :id;

-- name: briefings
SELECT id, document FROM briefing ORDER BY id;

-- name: briefing_store
INSERT INTO briefing (id, document) VALUES (:id, :document)
ON CONFLICT (id) DO UPDATE SET document = excluded.document;

-- name: briefing_drop
DELETE FROM briefing WHERE id = :id;

-- name: scope_check
SELECT checked_at, healed_at, heals FROM scope_check WHERE id = 1;

-- name: scope_checked
UPDATE scope_check SET checked_at = :at WHERE id = 1;

-- name: scope_healed
UPDATE scope_check SET healed_at = :at, heals = heals + 1 WHERE id = 1;

-- name: contact
SELECT body FROM contact WHERE id = 1;

-- name: contact_store
INSERT INTO contact (id, body) VALUES (1, :body)
ON CONFLICT (id) DO UPDATE SET body = excluded.body;

-- name: revocation
SELECT told FROM revocation WHERE id = 1;

-- name: revocation_store
INSERT INTO revocation (id, told) VALUES (1, :told)
ON CONFLICT (id) DO UPDATE SET told = excluded.told;

-- name: revocation_clear
DELETE FROM revocation;

-- name: hand_over_any
SELECT position FROM hand_over LIMIT 1;

-- name: hand_overs
SELECT position, body, operations, taken_at FROM hand_over ORDER BY position;

-- name: hand_over_add
INSERT INTO hand_over (position, body, operations) VALUES (:position, :body, :operations);

-- name: hand_over_taken
UPDATE hand_over SET taken_at = coalesce(taken_at, :at) WHERE position = :position;

-- name: hand_over_clear
DELETE FROM hand_over;

-- name: replica_pull_anew
UPDATE replica SET cursor = NULL, staged_cursor = NULL, staged_snapshot = 0 WHERE id = 1;

-- name: staged_add
INSERT INTO staged (entry) VALUES (:entry);

-- name: staged
SELECT entry FROM staged ORDER BY position;

-- name: staged_clear
DELETE FROM staged;

-- name: blob_add
INSERT INTO blob (sha256, job_id, size_bytes, media_type, recorded_at)
VALUES (:sha256, :job_id, :size_bytes, :media_type, :recorded_at)
ON CONFLICT (sha256, job_id) DO NOTHING;

-- name: blobs_pending
-- Least tried first, so that one bad blob delays no other.
SELECT DISTINCT sha256, size_bytes, media_type, tries, recorded_at FROM blob
WHERE uploaded_at IS NULL ORDER BY tries, recorded_at LIMIT :count_max;

-- name: blobs_pending_by_job
SELECT job_id, count(*) AS count FROM blob WHERE uploaded_at IS NULL GROUP BY job_id;

-- name: blob_uploaded
UPDATE blob SET uploaded_at = :at, last_error = NULL
WHERE sha256 = :sha256 AND uploaded_at IS NULL;

-- name: blob_failed
UPDATE blob SET tries = tries + 1, last_error = :error
WHERE sha256 = :sha256 AND uploaded_at IS NULL;

-- name: blobs_asked_again
UPDATE blob SET uploaded_at = NULL;

-- name: blob_errors
SELECT sha256, job_id, tries, last_error FROM blob
WHERE uploaded_at IS NULL AND last_error IS NOT NULL ORDER BY recorded_at;

-- name: blobs_of_gone_jobs
-- Where a job shows one as a photo of an earlier visit, its file stays.
SELECT sha256, sha256 IN (SELECT sha256 FROM earlier_photo) AS is_shown FROM blob GROUP BY sha256
HAVING min(
  coalesce(uploaded_at < :before, 0) AND job_id NOT IN (SELECT id FROM job)
) = 1;

-- name: file_spoken_of
SELECT sha256 FROM blob WHERE sha256 = :sha256
UNION ALL SELECT sha256 FROM earlier_photo WHERE sha256 = :sha256 LIMIT 1;

-- name: blob_forget
DELETE FROM blob WHERE sha256 = :sha256;

-- name: earlier_photos
SELECT sha256, job_id, size_bytes, media_type, asked_at FROM earlier_photo
WHERE place IS NOT NULL ORDER BY place;

-- name: earlier_photos_among
SELECT sha256, job_id, size_bytes, media_type, asked_at FROM earlier_photo
WHERE place IS NOT NULL AND sha256 IN (SELECT value FROM json_each(:wanted)) ORDER BY place;

-- name: earlier_photos_missing_count
SELECT count(*) AS count FROM earlier_photo
WHERE place IS NOT NULL AND media_type IS NULL AND size_bytes IS NULL;

-- name: earlier_photos_unplace
UPDATE earlier_photo SET place = NULL WHERE place IS NOT NULL;

-- name: earlier_photo_place
INSERT INTO earlier_photo (sha256, job_id, place) VALUES (:sha256, :job_id, :place)
ON CONFLICT (sha256) DO UPDATE SET job_id = excluded.job_id, place = excluded.place;

-- name: earlier_photos_of_ours
-- What this tablet took itself needs no fetching.
UPDATE earlier_photo SET (size_bytes, media_type) = (
  SELECT size_bytes, media_type FROM blob WHERE blob.sha256 = earlier_photo.sha256)
WHERE media_type IS NULL AND sha256 IN (SELECT sha256 FROM blob);

-- name: earlier_photo_here
UPDATE earlier_photo SET size_bytes = :size_bytes, media_type = :media_type, asked_at = NULL
WHERE sha256 = :sha256;

-- name: earlier_photo_size
UPDATE earlier_photo SET size_bytes = :size_bytes WHERE sha256 = :sha256;

-- name: earlier_photo_asked
UPDATE earlier_photo SET asked_at = :at WHERE sha256 = :sha256;

-- name: earlier_photos_unwanted
SELECT sha256, sha256 IN (SELECT sha256 FROM blob) AS is_ours FROM earlier_photo
WHERE place IS NULL;

-- name: earlier_photos_forget
DELETE FROM earlier_photo WHERE place IS NULL;

-- name: draft_store
INSERT INTO draft (job_id, field, value, saved_at) VALUES (:job_id, :field, :value, :saved_at)
ON CONFLICT (job_id, field) DO UPDATE SET value = excluded.value, saved_at = excluded.saved_at;

-- name: drafts
SELECT field, value FROM draft WHERE job_id = :job_id;

-- name: drafts_drop
DELETE FROM draft WHERE job_id = :job_id;

-- name: draft_drop
DELETE FROM draft WHERE job_id = :job_id AND field = :field;

-- name: drafts_purge
-- A job that began here has no document for a while, and one that is being begun has no id yet.
DELETE FROM draft WHERE job_id <> :new_job AND job_id NOT IN (
  SELECT id FROM job
  UNION SELECT job_id FROM operation WHERE kind = 'create_job'
  UNION SELECT job_id FROM past_operation WHERE kind = 'create_job');

-- name: seen_store
INSERT INTO seen (job_id, shown) VALUES (:job_id, :shown)
ON CONFLICT (job_id) DO UPDATE SET shown = excluded.shown;

-- name: seen
SELECT shown FROM seen WHERE job_id = :job_id;

-- name: seen_all
SELECT job_id, shown FROM seen;

-- name: seen_purge
DELETE FROM seen WHERE job_id NOT IN (
  SELECT id FROM job
  UNION SELECT job_id FROM operation WHERE kind = 'create_job'
  UNION SELECT job_id FROM past_operation WHERE kind = 'create_job');

-- name: preference_store
INSERT INTO preference (name, value) VALUES (:preference, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: preferences
SELECT name, value FROM preference;

-- name: issues_count
SELECT count(*) AS count FROM issue_to_tell WHERE NOT is_answered;

-- name: issues_open_of_job
SELECT id FROM issue_to_tell WHERE job_id = :job_id AND NOT is_answered ORDER BY id DESC;

-- name: issues_to_tell
-- Those that wait for an answer first, of each the newest.
SELECT document FROM issue_to_tell ORDER BY is_answered, id DESC LIMIT :count_max;

-- name: issue
SELECT document FROM issue_to_tell WHERE id = :id;

-- name: answers
SELECT raw, is_acked FROM answer WHERE issue_id IN (SELECT id FROM issue) ORDER BY life, place;

-- name: blobs_pending_count
SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS size_bytes FROM blob
WHERE uploaded_at IS NULL;

-- name: operations_unsettled
-- Of all jobs at once, what is not in their documents yet; under earlier incarnations first. A capture
-- moves no job and sets no field; only a completion is judged by them.
WITH ending AS (
  SELECT job_id FROM past_operation WHERE NOT is_settled AND kind = 'complete'
  UNION SELECT job_id FROM operation, replica WHERE dseq > settled_dseq AND kind = 'complete'
)
SELECT job_id, raw FROM (
  SELECT 0 AS life, position AS place, job_id, kind, raw FROM past_operation WHERE NOT is_settled
  UNION ALL
  SELECT 1, dseq, job_id, kind, raw FROM operation, replica WHERE dseq > settled_dseq
)
WHERE kind <> 'capture' OR job_id IN ending
ORDER BY life, place;

-- name: captures_settled
-- The captures in the documents, of jobs whose completion is not: it alone is judged by them.
WITH unsettled AS (
  SELECT job_id FROM past_operation WHERE NOT is_settled AND kind = 'complete'
  UNION SELECT job_id FROM operation, replica WHERE dseq > settled_dseq AND kind = 'complete'
)
SELECT job_id, capture_id, capture_digest FROM past_operation
WHERE is_settled AND capture_id IS NOT NULL AND job_id IN unsettled
UNION ALL
SELECT job_id, capture_id, capture_digest FROM operation, replica
WHERE dseq <= settled_dseq AND capture_id IS NOT NULL AND job_id IN unsettled;

-- name: queue_operations
-- What waits for a verdict, oldest first.
SELECT nullif(job_id, '') AS job_id, raw, recorded_at FROM operation, replica
WHERE dseq > acked_dseq ORDER BY dseq LIMIT :count_max;

-- name: queue_blobs
SELECT sha256, job_id, size_bytes, media_type, recorded_at, tries, last_error FROM blob
WHERE uploaded_at IS NULL ORDER BY tries, recorded_at LIMIT :count_max;
