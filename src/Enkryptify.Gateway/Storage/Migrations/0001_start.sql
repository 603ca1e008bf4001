-- Times are Unix milliseconds, ids lower-case UUIDs, scopes the wire's JSON.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Encryption ---------------------------------------------------------------------------------------------------------

CREATE TABLE key_encryption_key (
    id            TEXT PRIMARY KEY,
    master_key_id TEXT NOT NULL,
    wrapped       BLOB NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('current', 'retired')),
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE environment_key (
    id             TEXT PRIMARY KEY,
    environment_id TEXT NOT NULL,
    kek_id         TEXT NOT NULL REFERENCES key_encryption_key (id),
    wrapped        BLOB NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('current', 'retired')),
    created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX environment_key_by_environment ON environment_key (environment_id);

CREATE TABLE digest_key (
    id         TEXT PRIMARY KEY,
    kek_id     TEXT NOT NULL REFERENCES key_encryption_key (id),
    wrapped    BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('current', 'retired')),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_key (
    kid        TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('jwt', 'audit')),
    public_key BLOB NOT NULL,                    -- SubjectPublicKeyInfo, kept for ever for 'audit'
    kek_id     TEXT REFERENCES key_encryption_key (id),
    wrapped    BLOB,                             -- PKCS#8, sealed; NULL once a retired key is destroyed
    state      TEXT NOT NULL CHECK (state IN ('next', 'current', 'previous', 'retired')),
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

-- People and structure -----------------------------------------------------------------------------------------------

CREATE TABLE user_account (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,          -- lower case
    name          TEXT NOT NULL,
    password_hash TEXT,                          -- PHC string; NULL while none was set
    verified      INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE workspace (
    id         TEXT PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    owner_id   TEXT NOT NULL REFERENCES user_account (id),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE team (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE project (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    team_id      TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    slug         TEXT NOT NULL,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, slug)
) STRICT;
CREATE INDEX project_by_team ON project (team_id);

CREATE TABLE environment (
    id                     TEXT PRIMARY KEY,
    project_id             TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name                   TEXT NOT NULL,
    has_personal_overrides INTEGER NOT NULL DEFAULT 0,
    created_at             INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE member (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    user_id      TEXT NOT NULL REFERENCES user_account (id),
    role         TEXT NOT NULL CHECK (role IN ('admin', 'developer', 'member')),
    scope        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, user_id)
) STRICT;

-- Credentials --------------------------------------------------------------------------------------------------------

CREATE TABLE credential (
    id            TEXT PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    created_by    TEXT NOT NULL REFERENCES user_account (id),
    type          TEXT NOT NULL CHECK (type IN ('static', 'cli', 'kubernetes')),
    name          TEXT NOT NULL,
    permission    TEXT NOT NULL CHECK (permission IN ('read', 'read-write')),
    scope         TEXT NOT NULL,
    version       INTEGER NOT NULL,              -- grows with each rotation; a JWT names the version it was issued under
    digest        BLOB UNIQUE,                   -- HMAC-SHA-256 of a static token
    digest_key_id TEXT REFERENCES digest_key (id),
    prefix        TEXT,
    lifetime      TEXT,                          -- as asked for ('24h' … '6m'): a rotation starts it anew
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    rotated_at    INTEGER,
    revoked_at    INTEGER,
    last_used_at  INTEGER
) STRICT;
CREATE INDEX credential_by_workspace ON credential (workspace_id, created_at);

-- Secrets ------------------------------------------------------------------------------------------------------------

CREATE TABLE secret (
    id         TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    type       TEXT NOT NULL,
    data_type  TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

CREATE TABLE secret_value (
    secret_id      TEXT NOT NULL REFERENCES secret (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
    owner_id       TEXT NOT NULL DEFAULT '',     -- '' is the shared value, else the user whose personal value it is
    version        INTEGER NOT NULL,
    key_id         TEXT NOT NULL REFERENCES environment_key (id),
    sealed         BLOB NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (secret_id, environment_id, owner_id)
) STRICT;
CREATE INDEX secret_value_by_environment ON secret_value (environment_id, secret_id);

-- Audit --------------------------------------------------------------------------------------------------------------

-- One row a batch: a frame of chained entries as JSON lines. No secondary index on purpose (docs/decisions/0004).
CREATE TABLE audit_frame (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    head      BLOB NOT NULL,                     -- SHA-256 of the last entry of the frame
    entries   BLOB NOT NULL
) STRICT;
