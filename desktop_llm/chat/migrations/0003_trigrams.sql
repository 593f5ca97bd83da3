-- A second index, of trigrams, for texts in scripts that are not searched by beginnings of words:
-- those that put no spaces between words (Chinese, Japanese, Thai, …), of which unicode61 makes one
-- token a sentence, and Korean, where what is looked for stands inside words. Other texts are not
-- in it: comparing the lengths tells plain ASCII at once, and the ranges (as in search.py) the rest.
ALTER TABLE messages ADD COLUMN is_unspaced INTEGER GENERATED ALWAYS AS (
    CASE WHEN length(content) = length(CAST(content AS BLOB)) THEN 0
    ELSE content GLOB '*[' || char(
        0x0E00, 0x2D, 0x1DFF, 0x2E80, 0x2D, 0xFAFF, 0xFF00, 0x2D, 0xFFEF, 0x20000, 0x2D, 0x3FFFF
    ) || ']*' END
) VIRTUAL;
CREATE VIEW unspaced_messages AS SELECT seq, content FROM messages WHERE is_unspaced;
CREATE VIRTUAL TABLE trigram_index USING fts5 (
    content, content = 'unspaced_messages', content_rowid = 'seq', tokenize = 'trigram'
);
INSERT INTO trigram_index (trigram_index) VALUES ('rebuild');

CREATE TRIGGER unspaced_added AFTER INSERT ON messages WHEN new.is_unspaced BEGIN
    INSERT INTO trigram_index (rowid, content) VALUES (new.seq, new.content);
END;
CREATE TRIGGER unspaced_removed AFTER DELETE ON messages WHEN old.is_unspaced BEGIN
    INSERT INTO trigram_index (trigram_index, rowid, content)
    VALUES ('delete', old.seq, old.content);
END;
CREATE TRIGGER unspaced_changed AFTER UPDATE OF content ON messages
WHEN old.is_unspaced OR new.is_unspaced BEGIN
    INSERT INTO trigram_index (trigram_index, rowid, content)
    SELECT 'delete', old.seq, old.content WHERE old.is_unspaced;
    INSERT INTO trigram_index (rowid, content)
    SELECT new.seq, new.content WHERE new.is_unspaced;
END;
