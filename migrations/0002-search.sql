-- The full-text index: SQLite's FTS5 over tokens that Vault/Search has made from the texts.
-- There are two tables of which one is live (search_state 'live': 0 for a, 1 for b), so that a
-- rebuild fills the other while searches go on. rowid = message.num. The tokenizer 'ascii' cuts at
-- the blanks between our tokens and leaves them as they are.
CREATE VIRTUAL TABLE search_a USING fts5 (
    title, body, fragments, content = '', tokenize = 'ascii'
);
CREATE VIRTUAL TABLE search_b USING fts5 (
    title, body, fragments, content = '', tokenize = 'ascii'
);

-- Every occurrence of every token, for `doctor`.
CREATE VIRTUAL TABLE search_a_term USING fts5vocab (search_a, instance);
CREATE VIRTUAL TABLE search_b_term USING fts5vocab (search_b, instance);

-- Index pages of 4,000 bytes fill one page of a database with 40 reserved bytes without overflow.
-- A larger table of pending tokens and later merges make a bulk import a third faster.
INSERT INTO search_a (search_a, rank)
    VALUES ('pgsz', 4000), ('hashsize', 16777216), ('automerge', 8), ('crisismerge', 32);
INSERT INTO search_b (search_b, rank)
    VALUES ('pgsz', 4000), ('hashsize', 16777216), ('automerge', 8), ('crisismerge', 32);

-- 'live': which table answers. 'indexed': messages in it. 'analyser': the version of TextAnalyser
-- that made its tokens. 'rebuilt': during a rebuild the highest message.num in the other table,
-- else -1. 'stale': removals that the index could not follow; a rebuild ends them.
CREATE TABLE search_state (
    name  TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO search_state VALUES
    ('live', 0), ('indexed', 0), ('analyser', 1), ('rebuilt', -1), ('stale', 0);

-- Messages whose stored parts could not be read when they should have been indexed.
CREATE TABLE search_unreadable (
    message INTEGER PRIMARY KEY
) STRICT;
