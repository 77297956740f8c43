-- What governs a vault. The audit log: entries are the leaves of an RFC 6962 tree.
-- Vault/Audit/AuditLog.swift has the format of a line and numbers what is valid. Of the tables
-- log_* nothing is ever changed or removed.
CREATE TABLE log_entry (
    num  INTEGER PRIMARY KEY,           -- the index in the tree, from 0
    line TEXT NOT NULL                  -- canonical JSON without content
) STRICT;

-- What an entry says of words that people chose (labels, scopes, policies), under a salt; the entry
-- has the SHA-256 of the line.
CREATE TABLE log_document (
    entry INTEGER PRIMARY KEY,          -- log_entry.num
    line  TEXT NOT NULL
) STRICT;

-- One row: how many entries there are, the roots of the complete subtrees (32 bytes each, largest
-- first), the leaf hash of the last entry, and the highest time of an entry.
CREATE TABLE log_tree (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    size   INTEGER NOT NULL,
    peaks  BLOB NOT NULL,
    last   BLOB NOT NULL,
    newest INTEGER NOT NULL
) STRICT;
INSERT INTO log_tree VALUES (1, 0, x'', x'', 0);

-- The numbers that an entry's transaction gave to new messages. A number is never used again.
CREATE TABLE log_batch (
    first INTEGER PRIMARY KEY,          -- message.num
    last  INTEGER NOT NULL,
    entry INTEGER NOT NULL
) STRICT;

CREATE INDEX log_batch_by_entry ON log_batch (entry);

-- Commitments of an entry that do not follow from log_batch and message: those of versions after
-- the first, and those of messages that were changed or removed since.
CREATE TABLE log_leaf (
    message    INTEGER NOT NULL,        -- message.num
    version    INTEGER NOT NULL,
    entry      INTEGER NOT NULL,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    PRIMARY KEY (message, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_leaf_by_entry ON log_leaf (entry);

-- Attachments that earlier versions of a message have.
CREATE TABLE attachment_past (
    attachment INTEGER NOT NULL REFERENCES attachment,
    message    INTEGER NOT NULL REFERENCES message,
    PRIMARY KEY (attachment, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_past_by_message ON attachment_past (message);
INSERT OR IGNORE INTO attachment_past
    SELECT attachment.num, version.message FROM version
    JOIN json_each(version.record, '$.parts') AS part
    JOIN attachment
        ON lower(hex(attachment.sha256)) = json_extract(part.value, '$.attachment.sha256');

-- When a label was given; unknown for those from before.
ALTER TABLE label ADD COLUMN added INTEGER;

-- Until when the locked rules keep a conversation that applied when it came or when they were
-- locked; 9223372036854775807 for ever.
CREATE TABLE retention_floor (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    until        INTEGER NOT NULL
) STRICT;

-- When the event happened that rules of start 'event' wait for.
CREATE TABLE event (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    time         INTEGER NOT NULL
) STRICT;

-- What the next generation is searched for before it comes into force: pieces of 24 bytes of what
-- was destroyed, and words that only that had, sealed as SealedTraces says. The next generation is
-- without them.
CREATE TABLE trace (
    num    INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

-- Certificates of destruction by the entry that ended the destruction.
CREATE TABLE certificate (
    entry INTEGER PRIMARY KEY,
    facts TEXT NOT NULL,                -- canonical JSON
    note  TEXT NOT NULL                 -- signed, with the SHA-256 of the facts
) STRICT;
