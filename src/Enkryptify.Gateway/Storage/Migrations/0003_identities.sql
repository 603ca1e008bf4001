-- Who may vouch for workloads: an object of one workspace. Two may have one URL, since clusters share default URLs; a key verifies only for the
-- identities bound to the issuer that holds it.
CREATE TABLE issuer (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    url          TEXT NOT NULL,                  -- the `iss` of its tokens, to the letter
    discovery    INTEGER NOT NULL,               -- whether its keys are fetched from the URL
    jwks_origin  TEXT,                           -- another origin where its keys may lie
    ca           TEXT,                           -- PEM: the only roots for it
    kek_id       TEXT REFERENCES key_encryption_key (id),
    bearer_token BLOB,                           -- sealed; for the key endpoint
    version      INTEGER NOT NULL,               -- grows with each change of what its keys are fetched by
    created_by   TEXT NOT NULL REFERENCES user_account (id),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX issuer_by_workspace ON issuer (workspace_id, url);

-- Uploaded keys: the newest set and, for a roll-over, the one before.
CREATE TABLE issuer_key_set (
    id          TEXT PRIMARY KEY,
    issuer_id   TEXT NOT NULL REFERENCES issuer (id) ON DELETE CASCADE,
    jwks        TEXT NOT NULL,                   -- the usable public keys alone, as a JWK set (RFC 7517)
    uploaded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX issuer_key_set_by_issuer ON issuer_key_set (issuer_id);

-- What a credential of type 'kubernetes' must prove. A removed issuer leaves those that were revoked before.
CREATE TABLE identity (
    credential_id       TEXT PRIMARY KEY REFERENCES credential (id) ON DELETE CASCADE,
    workspace_id        TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    issuer_id           TEXT REFERENCES issuer (id) ON DELETE SET NULL,
    issuer_url          TEXT NOT NULL,
    audience            TEXT NOT NULL,
    subject             TEXT NOT NULL,
    claims              TEXT NOT NULL,           -- JSON object, names sorted
    service_account_uid TEXT
) STRICT;
CREATE INDEX identity_by_workspace ON identity (workspace_id);
CREATE INDEX identity_by_issuer ON identity (issuer_id, subject);
