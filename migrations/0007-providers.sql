-- The providers that conversations are held with, by the names that people gave them.
CREATE TABLE provider (
    num      INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    settings TEXT NOT NULL,             -- canonical JSON object without a secret
    changed  INTEGER NOT NULL
) STRICT;

-- Secrets of ours that a provider asks for, such as a gateway's key; each lives in the sealed pages
-- of this database and nowhere else.
CREATE TABLE provider_secret (
    provider INTEGER NOT NULL REFERENCES provider,
    name     TEXT NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;
