-- Rotation of keys (docs/decisions/0031). A key that was replaced is 'retired' (a JWT key 'previous' while its tokens live) and keeps its material
-- until nothing needs it; then its row stays, without the material, and destroyed_at says when.
ALTER TABLE key_encryption_key ADD COLUMN next_master_key_id TEXT;    -- while the master key changes: the same key wrapped under the new one too
ALTER TABLE key_encryption_key ADD COLUMN next_wrapped       BLOB;
ALTER TABLE key_encryption_key ADD COLUMN retired_at         INTEGER;
ALTER TABLE key_encryption_key ADD COLUMN destroyed_at       INTEGER;
ALTER TABLE environment_key    ADD COLUMN retired_at         INTEGER;
ALTER TABLE environment_key    ADD COLUMN destroyed_at       INTEGER;
ALTER TABLE digest_key         ADD COLUMN retired_at         INTEGER;
ALTER TABLE digest_key         ADD COLUMN destroyed_at       INTEGER;
ALTER TABLE signing_key        ADD COLUMN handover           TEXT;    -- 'audit': the statement by which the key before handed over to this one

-- Whether a token still needs an old digest key.
CREATE INDEX credential_by_digest_key ON credential (digest_key_id) WHERE digest_key_id IS NOT NULL;
