-- Sealed segments of the audit log: what retention moved out of audit_frame into files of DATA/segments (docs/decisions/0045).
-- A row stays for ever: when retention deletes the file, the signed deletion is what is left of its entries.
CREATE TABLE audit_segment (
    first_seq  INTEGER PRIMARY KEY,
    last_seq   INTEGER NOT NULL,
    previous   BLOB NOT NULL,                    -- SHA-256 of the entry before its first
    head       BLOB NOT NULL,                    -- SHA-256 of its last entry
    digest     BLOB NOT NULL,                    -- SHA-256 of the file up to its last line
    bytes      INTEGER NOT NULL,
    newest_at  INTEGER NOT NULL,                 -- time of its last entry
    sealed_at  INTEGER NOT NULL,
    deleted_at INTEGER,
    deletion   TEXT                              -- the signed statement that retention deleted the file; NULL while it is there
) STRICT;
