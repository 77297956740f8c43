-- The sum of the migrations, written by tools/make-schema. Nothing reads it but people.
CREATE TABLE setting (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secret (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counter (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE name (
    num  INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE conversation (
    num       INTEGER PRIMARY KEY,
    id        BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    source    INTEGER NOT NULL REFERENCES name,
    source_id TEXT NOT NULL,
    title     TEXT,
    custodian INTEGER NOT NULL REFERENCES name,
    project   INTEGER REFERENCES name,
    created   INTEGER,                  -- NULL when the source says no time at all
    modified  INTEGER,
    imported  INTEGER NOT NULL,         -- when it came into the vault
    hidden    INTEGER,                  -- when it was hidden from the user's view
    current   INTEGER,                  -- message.num: the leaf that was last on the screen
    messages  INTEGER NOT NULL DEFAULT 0,
    extra     TEXT NOT NULL,            -- canonical JSON object
    fingerprints BLOB NOT NULL DEFAULT x'', -- of its newest imports, 16 bytes each: what was
                                        -- imported once changes nothing again
    UNIQUE (source, source_id)
) STRICT;
CREATE INDEX conversation_by_time ON conversation (ifnull(modified, imported));
CREATE TABLE label (
    name         INTEGER NOT NULL REFERENCES name,
    conversation INTEGER NOT NULL REFERENCES conversation, added INTEGER,
    PRIMARY KEY (name, conversation)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_by_conversation ON label (conversation);
CREATE TABLE message (
    num          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    conversation INTEGER NOT NULL REFERENCES conversation,
    parent       INTEGER,               -- message.num
    source_id    TEXT,
    role         INTEGER NOT NULL,      -- 0 user, 1 assistant, 2 system, 3 tool
    state        INTEGER NOT NULL,      -- 0 streaming, 1 complete, 2 stopped, 3 failed
    version      INTEGER NOT NULL,
    created      INTEGER,
    model        INTEGER REFERENCES name,
    provider     INTEGER REFERENCES name,
    host         INTEGER REFERENCES name,
    region       INTEGER REFERENCES name,
    detail       TEXT,                  -- canonical JSON of stopReason, usage and extra
    fingerprint  BLOB,                  -- of the content as it was last imported
    salt         BLOB NOT NULL CHECK (length(salt) = 16),
    commitment   BLOB NOT NULL CHECK (length(commitment) = 32)
) STRICT;
CREATE INDEX message_by_conversation ON message (conversation);
CREATE TABLE part (
    num        INTEGER PRIMARY KEY,
    attachment INTEGER REFERENCES attachment,
    line       TEXT NOT NULL            -- the canonical line with its salt
) STRICT;
CREATE TABLE version (
    message  INTEGER NOT NULL REFERENCES message,
    version  INTEGER NOT NULL,
    replaced INTEGER NOT NULL,
    record   TEXT NOT NULL,
    PRIMARY KEY (message, version)
) STRICT;
CREATE TABLE attachment (
    num    INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    size   INTEGER NOT NULL
) STRICT;
CREATE TABLE attachment_chunk (
    num  INTEGER PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE attachment_use (
    attachment INTEGER NOT NULL REFERENCES attachment,
    message    INTEGER NOT NULL REFERENCES message,
    PRIMARY KEY (attachment, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_use_by_message ON attachment_use (message);
CREATE TABLE search_state (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE search_unreadable (
    message INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE search_segment (
    num       INTEGER PRIMARY KEY,      -- never used again
    family    INTEGER NOT NULL,
    format    INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    tokens    INTEGER NOT NULL,
    terms     INTEGER NOT NULL,
    average   REAL NOT NULL,            -- the average length at which impacts were computed
    oldest    INTEGER NOT NULL,         -- times of the first and the last document, 0 for none
    newest    INTEGER NOT NULL,
    lowest    INTEGER NOT NULL,         -- message.num
    highest   INTEGER NOT NULL,
    removed   INTEGER NOT NULL,         -- documents that are marked in search_removed
    lengths   BLOB NOT NULL,            -- of each stream, i64
    firsts    BLOB NOT NULL             -- the first term of each chunk of the dictionary
) STRICT;
CREATE TABLE search_chunk (
    num   INTEGER PRIMARY KEY,          -- segment << 24 | stream << 20 | chunk
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE search_removed (
    num  INTEGER PRIMARY KEY,           -- segment << 24 | page
    bits BLOB NOT NULL
) STRICT;
CREATE TABLE search_merge (
    output  INTEGER PRIMARY KEY,
    family  INTEGER NOT NULL,
    inputs  BLOB NOT NULL,              -- segments, i64
    removed BLOB NOT NULL,              -- how many were removed from each when it began, i64
    average REAL NOT NULL,
    last    BLOB NOT NULL,              -- the last term that is written
    chunks  BLOB NOT NULL,              -- where the streams 0 to 3 stand, i64
    terms   INTEGER NOT NULL,
    firsts  BLOB NOT NULL
) STRICT;
CREATE INDEX conversation_hidden ON conversation (num) WHERE hidden IS NOT NULL;
CREATE INDEX conversation_by_project ON conversation (project) WHERE project IS NOT NULL;
CREATE TABLE log_entry (
    num  INTEGER PRIMARY KEY,           -- the index in the tree, from 0
    line TEXT NOT NULL                  -- canonical JSON without content
) STRICT;
CREATE TABLE log_document (
    entry INTEGER PRIMARY KEY,          -- log_entry.num
    line  TEXT NOT NULL
) STRICT;
CREATE TABLE log_tree (
    only   INTEGER PRIMARY KEY CHECK (only = 1),
    size   INTEGER NOT NULL,
    peaks  BLOB NOT NULL,
    last   BLOB NOT NULL,
    newest INTEGER NOT NULL
) STRICT;
CREATE TABLE log_batch (
    first INTEGER PRIMARY KEY,          -- message.num
    last  INTEGER NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE INDEX log_batch_by_entry ON log_batch (entry);
CREATE TABLE log_leaf (
    message    INTEGER NOT NULL,        -- message.num
    version    INTEGER NOT NULL,
    entry      INTEGER NOT NULL,
    commitment BLOB NOT NULL CHECK (length(commitment) = 32),
    PRIMARY KEY (message, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX log_leaf_by_entry ON log_leaf (entry);
CREATE TABLE attachment_past (
    attachment INTEGER NOT NULL REFERENCES attachment,
    message    INTEGER NOT NULL REFERENCES message,
    PRIMARY KEY (attachment, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_past_by_message ON attachment_past (message);
CREATE TABLE retention_floor (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    until        INTEGER NOT NULL
) STRICT;
CREATE TABLE event (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    time         INTEGER NOT NULL
) STRICT;
CREATE TABLE trace (
    num    INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE certificate (
    entry INTEGER PRIMARY KEY,
    facts TEXT NOT NULL,                -- canonical JSON
    note  TEXT NOT NULL                 -- signed, with the SHA-256 of the facts
) STRICT;
CREATE TABLE retention_grace (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    until        INTEGER NOT NULL
) STRICT;
CREATE TABLE turn (
    num          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- of the message that will be
    conversation INTEGER NOT NULL REFERENCES conversation,
    parent       INTEGER,               -- message.num
    begun        INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_by_conversation ON turn (conversation);
CREATE TABLE turn_line (
    num  INTEGER PRIMARY KEY,
    line TEXT NOT NULL                  -- canonical JSON: a list of changes (TurnChange.swift)
) STRICT;
CREATE TABLE provider (
    num      INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL,
    settings TEXT NOT NULL,             -- canonical JSON object without a secret
    changed  INTEGER NOT NULL
) STRICT;
CREATE TABLE provider_secret (
    provider INTEGER NOT NULL REFERENCES provider,
    name     TEXT NOT NULL,
    value    BLOB NOT NULL,
    PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE message_restored (
    message  INTEGER PRIMARY KEY REFERENCES message,
    version  INTEGER NOT NULL,          -- what came with it is this version and those before it
    restored INTEGER NOT NULL) STRICT;
CREATE TABLE conversation_restored (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    modified     INTEGER               -- the latest date of a state that an import has had since
) STRICT;
INSERT INTO counter VALUES('attachmentBytes',0);
INSERT INTO counter VALUES('attachments',0);
INSERT INTO counter VALUES('conversations',0);
INSERT INTO counter VALUES('messages',0);
INSERT INTO log_tree VALUES(1,0,X'',X'',0);
INSERT INTO search_state VALUES('analyser',3);
INSERT INTO search_state VALUES('indexed',0);
INSERT INTO search_state VALUES('live',0);
INSERT INTO search_state VALUES('pendingFrom',0);
INSERT INTO search_state VALUES('pendingTo',0);
INSERT INTO search_state VALUES('rebuilt',-1);
INSERT INTO search_state VALUES('segments',0);
INSERT INTO search_state VALUES('stamp',0);
INSERT INTO search_state VALUES('stemming',0);
