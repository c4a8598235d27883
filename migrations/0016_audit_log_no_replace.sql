-- INSERT OR REPLACE removes the old line without asking the trigger that guards deletion.
CREATE TRIGGER audit_log_replaces_nothing BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
