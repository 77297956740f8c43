-- Messages that a restoration added to a conversation that was there: their dates do not begin or
-- put off its deletion (FactsReader.swift).
CREATE TABLE message_restored (
    message  INTEGER PRIMARY KEY REFERENCES message,
    version  INTEGER NOT NULL,          -- what came with it is this version and those before it
    restored INTEGER NOT NULL,          -- when
    imported INTEGER                    -- the latest date that an older import has given it since
) STRICT;
