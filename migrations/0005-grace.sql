-- Until when a conversation is kept because a change took it out of a rule that retained it;
-- 9223372036854775807 for ever. retention_floor has what locked rules promised alone.
CREATE TABLE retention_grace (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    until        INTEGER NOT NULL
) STRICT;
