-- The origins that a workspace's callers may reach through /proxy, as scheme://host[:port], '*.' standing for one label. None: nothing is allowed.
CREATE TABLE proxy_allowed_origin (
    workspace_id TEXT NOT NULL REFERENCES workspace(id) ON DELETE CASCADE,
    origin       TEXT NOT NULL,
    PRIMARY KEY (workspace_id, origin)
) STRICT, WITHOUT ROWID;
