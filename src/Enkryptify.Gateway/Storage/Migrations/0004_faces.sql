-- A value that was added to a secret by someone who saw nothing else of it carries the face that they gave it: who sees only such values
-- sees these in place of the secret's own note, kinds and times (docs/decisions/0023). NULL: the secret's own are shown.
ALTER TABLE secret_value ADD COLUMN face_note       TEXT;
ALTER TABLE secret_value ADD COLUMN face_type       TEXT;
ALTER TABLE secret_value ADD COLUMN face_data_type  TEXT;
ALTER TABLE secret_value ADD COLUMN face_created_at INTEGER;
