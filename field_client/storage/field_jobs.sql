-- Finding the jobs that began on this tablet among all that was ever said.
CREATE INDEX operation_created ON operation (job_id) WHERE kind = 'create_job';
CREATE INDEX past_operation_created ON past_operation (job_id) WHERE kind = 'create_job';
