-- The inverted index of Vault/Search/Index takes the place of FTS5. What was in the old tables is
-- dropped; the messages are indexed anew in bounded steps, each its own transaction, while searches
-- say how far it is ('indexed').
DROP TABLE search_a_term;
DROP TABLE search_b_term;
DROP TABLE search_a;
DROP TABLE search_b;

-- Immutable segments; SegmentFormat.swift has the bytes. Those whose family is search_state 'live'
-- answer; a rebuild fills the other family. Those of family 2 are being dropped.
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

-- A bit for each of 16,384 documents that is removed.
CREATE TABLE search_removed (
    num  INTEGER PRIMARY KEY,           -- segment << 24 | page
    bits BLOB NOT NULL
) STRICT;

-- A merge that is under way: what it goes on from. Its chunks have no row in search_segment yet.
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

-- 'live': which family answers. 'segments': the highest number that a segment had. 'stamp': a
-- random number that every change of segments and removals replaces. 'pendingFrom' and 'pendingTo':
-- messages behind the one and up to the other are still to be indexed. 'stemming': the languages
-- whose stems are in the index, a bit each (Stemming.swift). 'rebuiltWith': the analyser of the
-- rebuild that is under way. The others as before.
DELETE FROM search_state WHERE name = 'stale';
UPDATE search_state SET value = 0;
UPDATE search_state SET value = -1 WHERE name = 'rebuilt';
UPDATE search_state SET value = 3 WHERE name = 'analyser';
INSERT INTO search_state VALUES
    ('segments', 0), ('stamp', 0), ('pendingFrom', 0), ('stemming', 0);
INSERT INTO search_state SELECT 'pendingTo', ifnull(max(num), 0) FROM message;
DELETE FROM search_unreadable;

-- What filters by conversations asks for.
CREATE INDEX conversation_hidden ON conversation (num) WHERE hidden IS NOT NULL;
CREATE INDEX conversation_by_project ON conversation (project) WHERE project IS NOT NULL;
