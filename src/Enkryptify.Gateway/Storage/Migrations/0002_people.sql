-- Sign-ins of people: a login JWT names its row (jti); a dashboard cookie is found by its digest.
CREATE TABLE session (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    kind         TEXT NOT NULL CHECK (kind IN ('login', 'dashboard')),
    digest       BLOB UNIQUE,
    address      TEXT,
    agent        TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    ended_at     INTEGER
) STRICT;
CREATE INDEX session_by_user ON session (user_id);

-- Who is invited and has not accepted. Accepting turns the row into one of member, under the same id.
CREATE TABLE invitation (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    email        TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('admin', 'developer', 'member')),
    scope        TEXT NOT NULL,
    code_digest  BLOB NOT NULL UNIQUE,
    invited_by   TEXT REFERENCES user_account (id),
    invited_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    declined_at  INTEGER,
    UNIQUE (workspace_id, email)
) STRICT;

-- A person as the company's identity provider knows them.
CREATE TABLE user_identity (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_identity_by_user ON user_identity (user_id);
