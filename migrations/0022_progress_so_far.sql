-- What was completed before it was noted when and by whom.
UPDATE goals SET completed_at = updated_at WHERE status = 'completed';
--> statement-breakpoint
UPDATE milestones SET completed_by = (SELECT owner_id FROM goals WHERE goals.id = milestones.goal_id) WHERE completed_at IS NOT NULL;
