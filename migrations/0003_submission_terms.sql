CREATE TABLE `submission_moves` (
	`id` text PRIMARY KEY NOT NULL,
	`submission_id` text NOT NULL,
	`status` text NOT NULL,
	`moved_by` text NOT NULL,
	`actor_id` text,
	`reason` text,
	`at` integer NOT NULL,
	FOREIGN KEY (`submission_id`) REFERENCES `submissions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`actor_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "submission_moves_status_known" CHECK("submission_moves"."status" IN ('submitted', 'rejected', 'in_review', 'accepted', 'needs_work', 'withdrawn', 'reversed')),
	CONSTRAINT "submission_moves_mover_known" CHECK("submission_moves"."moved_by" IN ('author', 'rules', 'peers', 'teacher'))
);
--> statement-breakpoint
CREATE INDEX `submission_moves_submission` ON `submission_moves` (`submission_id`,`id`);--> statement-breakpoint
CREATE INDEX `submission_moves_actor` ON `submission_moves` (`actor_id`);--> statement-breakpoint
ALTER TABLE `submissions` ADD `challenge_version` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `submissions` ADD `points` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `submissions` ADD `pass_score` integer DEFAULT 60 NOT NULL;--> statement-breakpoint
ALTER TABLE `submissions` ADD `peer_reviews` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `submissions` ADD `requires_verdict` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `submissions` ADD `quiz_score` integer;--> statement-breakpoint
ALTER TABLE `submissions` ADD `review_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `submissions_author_status` ON `submissions` (`author_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_challenge_mine` ON `submissions` (`challenge_id`,`author_id`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_challenge_shown` ON `submissions` (`challenge_id`,`id`) WHERE "submissions"."status" <> 'rejected';--> statement-breakpoint
CREATE INDEX `challenges_open` ON `challenges` (`goal_id`,`id`) WHERE "challenges"."archived_at" IS NULL;