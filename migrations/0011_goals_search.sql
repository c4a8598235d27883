-- One index finds goals by words and by facets (whose, explorable, status, category, tags), in any combination and newest first.
-- Facets are words nobody can type: hex of what was typed. Without content: what is found is read from `goals`.
CREATE VIEW goals_search_source AS
SELECT
  id AS goal_id,
  'u' || replace(owner_id, '-', '')
    || CASE WHEN visibility = 'public' AND status <> 'archived' THEN ' explore' ELSE '' END
    || ' s' || status || ' c' || hex(category)
    || coalesce((SELECT group_concat(' t' || hex(value), '') FROM json_each(tags)), '') AS facets,
  title || ' ' || description || ' ' || category || ' '
    || coalesce((SELECT group_concat(value, ' ') FROM json_each(tags)), '') || ' ' || ideographs AS body
FROM goals;
--> statement-breakpoint
CREATE VIRTUAL TABLE goals_search USING fts5(
  facets, body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
--> statement-breakpoint
INSERT INTO goal_documents (goal_id) SELECT id FROM goals ORDER BY id;
--> statement-breakpoint
INSERT INTO goals_search (rowid, facets, body)
  SELECT seq, facets, body FROM goal_documents JOIN goals_search_source USING (goal_id);
--> statement-breakpoint
CREATE TRIGGER goals_search_insert AFTER INSERT ON goals BEGIN
  INSERT INTO goal_documents (goal_id) VALUES (NEW.id);
  INSERT INTO goals_search (rowid, facets, body)
    SELECT seq, facets, body FROM goal_documents JOIN goals_search_source USING (goal_id) WHERE goal_id = NEW.id;
END;
--> statement-breakpoint
CREATE TRIGGER goals_search_update
AFTER UPDATE OF owner_id, title, description, category, tags, status, visibility, ideographs ON goals BEGIN
  DELETE FROM goals_search WHERE rowid = (SELECT seq FROM goal_documents WHERE goal_id = NEW.id);
  INSERT INTO goals_search (rowid, facets, body)
    SELECT seq, facets, body FROM goal_documents JOIN goals_search_source USING (goal_id) WHERE goal_id = NEW.id;
END;
--> statement-breakpoint
-- Before, while the number is still known.
CREATE TRIGGER goals_search_delete BEFORE DELETE ON goals BEGIN
  DELETE FROM goals_search WHERE rowid = (SELECT seq FROM goal_documents WHERE goal_id = OLD.id);
END;
--> statement-breakpoint
-- What was handed in before submissions kept their own terms is judged by those of today.
UPDATE submissions SET
  points = c.points, pass_score = c.pass_score, peer_reviews = c.peer_reviews, requires_verdict = c.requires_verdict,
  challenge_version = c.version, quiz_score = CASE WHEN c.kind = 'quiz' THEN submissions.score END
FROM challenges c WHERE c.id = submissions.challenge_id;
