-- Conversations, and their messages as a tree: regenerating or editing adds a sibling.
-- `seq` orders rows by birth and is the stable key of the search index.
CREATE TABLE conversations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    system_prompt TEXT NOT NULL,
    sampling TEXT NOT NULL,
    head_id TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    deleted_at REAL
) STRICT;

CREATE INDEX conversations_by_time ON conversations (deleted_at, updated_at, seq);

CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id TEXT,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    model_name TEXT NOT NULL,
    metrics TEXT,
    error TEXT
) STRICT;

CREATE INDEX messages_by_parent ON messages (conversation_id, parent_id, seq);
CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming';

-- A running answer, in the pieces it was saved in: saving costs what is new, not what there is.
CREATE TABLE partials (
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message_id, position)
) STRICT, WITHOUT ROWID;
