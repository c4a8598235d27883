-- Whom an administrator looks for, by the beginnings of words. Erased words leave the index at once (`secure-delete`).
CREATE VIRTUAL TABLE users_search USING fts5(
  username, email, display_name, first_name, last_name,
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
--> statement-breakpoint
INSERT INTO users_search (users_search, rank) VALUES ('secure-delete', 1);
--> statement-breakpoint
INSERT INTO users_search (rowid, username, email, display_name, first_name, last_name)
  SELECT rowid, username, email, display_name, first_name, last_name FROM users;
--> statement-breakpoint
CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
  INSERT INTO users_search (rowid, username, email, display_name, first_name, last_name)
    VALUES (NEW.rowid, NEW.username, NEW.email, NEW.display_name, NEW.first_name, NEW.last_name);
END;
--> statement-breakpoint
CREATE TRIGGER users_search_update AFTER UPDATE OF username, email, display_name, first_name, last_name, deleted_at ON users BEGIN
  DELETE FROM users_search WHERE rowid = OLD.rowid;
  INSERT INTO users_search (rowid, username, email, display_name, first_name, last_name)
    SELECT NEW.rowid, NEW.username, NEW.email, NEW.display_name, NEW.first_name, NEW.last_name WHERE NEW.deleted_at IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
  DELETE FROM users_search WHERE rowid = OLD.rowid;
END;
--> statement-breakpoint
-- The audit log only grows. A person who is removed for good is taken out of it as actor, which is what the foreign key does.
CREATE TRIGGER audit_log_keeps_its_lines BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
--> statement-breakpoint
CREATE TRIGGER audit_log_keeps_its_words BEFORE UPDATE ON audit_log
WHEN NEW.actor_id IS NOT NULL
  OR (NEW.id, NEW.at, NEW.action, NEW.target_type, NEW.target_id, NEW.details, NEW.session_id, NEW.request_id, NEW.user_agent, NEW.country)
    IS NOT (OLD.id, OLD.at, OLD.action, OLD.target_type, OLD.target_id, OLD.details, OLD.session_id, OLD.request_id, OLD.user_agent, OLD.country)
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
--> statement-breakpoint
-- Remembers who has left a room. When the room itself goes, its row is gone before this fires, and nothing is left to remember.
CREATE TRIGGER room_members_remember AFTER DELETE ON room_members
WHEN EXISTS (SELECT 1 FROM rooms WHERE id = OLD.room_id) AND EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id)
BEGIN
  INSERT OR IGNORE INTO former_members (room_id, user_id) VALUES (OLD.room_id, OLD.user_id);
END;
