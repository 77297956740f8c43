-- Answers that are being written and are no records yet: what has come of each stands here before
-- anybody sees it. Vault/Turns/TurnJournal.swift has the rules. A turn ends in the transaction that
-- makes a message of it; the rows go with it.
CREATE TABLE turn (
    num          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- of the message that will be
    conversation INTEGER NOT NULL REFERENCES conversation,
    parent       INTEGER,               -- message.num
    begun        INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_by_conversation ON turn (conversation);

-- num = turn.num << 32 | index, from 0 without a gap; each line is one transaction's.
CREATE TABLE turn_line (
    num  INTEGER PRIMARY KEY,
    line TEXT NOT NULL                  -- canonical JSON: a list of changes (TurnChange.swift)
) STRICT;
