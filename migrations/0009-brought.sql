-- Conversations that an archive of another vault brought: which of two imports is the older one is
-- not told by the date that the archive gave them (IngestMerge.swift).
CREATE TABLE conversation_restored (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    modified     INTEGER               -- the latest date of a state that an import has had since
) STRICT;

-- What an import says of a marked message is a version of its own, also where the import is older.
ALTER TABLE message_restored DROP COLUMN imported;
