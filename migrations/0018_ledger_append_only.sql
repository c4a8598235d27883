CREATE TRIGGER xp_entries_never_change BEFORE UPDATE ON xp_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER xp_entries_never_leave BEFORE DELETE ON xp_entries
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
