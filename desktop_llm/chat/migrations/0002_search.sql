-- Full-text indexes over titles and messages, kept in step by triggers.
-- A running answer is indexed when it ends: its partials are not in messages.content.
CREATE VIRTUAL TABLE title_index USING fts5 (
    title, content = 'conversations', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE message_index USING fts5 (
    content, content = 'messages', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO title_index (title_index) VALUES ('rebuild');
INSERT INTO message_index (message_index) VALUES ('rebuild');

CREATE TRIGGER title_added AFTER INSERT ON conversations BEGIN
    INSERT INTO title_index (rowid, title) VALUES (new.seq, new.title);
END;
CREATE TRIGGER title_removed AFTER DELETE ON conversations BEGIN
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', old.seq, old.title);
END;
CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations BEGIN
    INSERT INTO title_index (title_index, rowid, title) VALUES ('delete', old.seq, old.title);
    INSERT INTO title_index (rowid, title) VALUES (new.seq, new.title);
END;

CREATE TRIGGER message_added AFTER INSERT ON messages BEGIN
    INSERT INTO message_index (rowid, content) VALUES (new.seq, new.content);
END;
CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    INSERT INTO message_index (message_index, rowid, content)
    VALUES ('delete', old.seq, old.content);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF content ON messages BEGIN
    INSERT INTO message_index (message_index, rowid, content)
    VALUES ('delete', old.seq, old.content);
    INSERT INTO message_index (rowid, content) VALUES (new.seq, new.content);
END;
