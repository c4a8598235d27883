CREATE TABLE `blocks` (
	`blocker_id` text NOT NULL,
	`blocked_id` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`blocker_id`, `blocked_id`),
	FOREIGN KEY (`blocker_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`blocked_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `blocks_blocked` ON `blocks` (`blocked_id`,`blocker_id`);--> statement-breakpoint
CREATE TABLE `review_assignments` (
	`id` text PRIMARY KEY NOT NULL,
	`submission_id` text NOT NULL,
	`reviewer_id` text NOT NULL,
	`author_id` text NOT NULL,
	`kind` text DEFAULT 'peer' NOT NULL,
	`pushed` integer DEFAULT false NOT NULL,
	`state` text DEFAULT 'open' NOT NULL,
	`claimed_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`extended_at` integer,
	FOREIGN KEY (`submission_id`) REFERENCES `submissions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`reviewer_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "review_assignments_state_known" CHECK("review_assignments"."state" IN ('open', 'done', 'expired', 'returned')),
	CONSTRAINT "review_assignments_kind_known" CHECK("review_assignments"."kind" IN ('peer', 'verdict', 'calibration'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `review_assignments_once` ON `review_assignments` (`submission_id`,`reviewer_id`);--> statement-breakpoint
CREATE INDEX `review_assignments_reviewer` ON `review_assignments` (`reviewer_id`,`id`);--> statement-breakpoint
CREATE INDEX `review_assignments_reviewer_state` ON `review_assignments` (`reviewer_id`,`state`,`id`);--> statement-breakpoint
CREATE INDEX `review_assignments_pair` ON `review_assignments` (`author_id`,`reviewer_id`);--> statement-breakpoint
CREATE INDEX `review_assignments_due` ON `review_assignments` (`expires_at`) WHERE "review_assignments"."state" = 'open';--> statement-breakpoint
CREATE TABLE `review_references` (
	`submission_id` text PRIMARY KEY NOT NULL,
	`set_by` text,
	`scores` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`submission_id`) REFERENCES `submissions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`set_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
);
--> statement-breakpoint
CREATE INDEX `review_references_set_by` ON `review_references` (`set_by`);--> statement-breakpoint
CREATE TABLE `reviewers` (
	`user_id` text PRIMARY KEY NOT NULL,
	`claims` integer DEFAULT 0 NOT NULL,
	`given` integer DEFAULT 0 NOT NULL,
	`received` integer DEFAULT 0 NOT NULL,
	`agreement_sum` integer DEFAULT 0 NOT NULL,
	`agreement_count` integer DEFAULT 0 NOT NULL,
	`calibration_sum` integer DEFAULT 0 NOT NULL,
	`calibration_count` integer DEFAULT 0 NOT NULL,
	`rating_sum` integer DEFAULT 0 NOT NULL,
	`rating_count` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` text PRIMARY KEY NOT NULL,
	`submission_id` text NOT NULL,
	`reviewer_id` text NOT NULL,
	`scores` text NOT NULL,
	`comment` text NOT NULL,
	`verdict` text,
	`calibration` integer DEFAULT false NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`agreement` integer,
	`helpful` integer,
	`rating_comment` text,
	`rated_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`submission_id`) REFERENCES `submissions`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`reviewer_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "reviews_agreement_range" CHECK("reviews"."agreement" BETWEEN 0 AND 1000),
	CONSTRAINT "reviews_helpful_range" CHECK("reviews"."helpful" BETWEEN 1 AND 5),
	CONSTRAINT "reviews_verdict_known" CHECK("reviews"."verdict" IN ('accept', 'needs_work'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `reviews_once` ON `reviews` (`submission_id`,`reviewer_id`);--> statement-breakpoint
CREATE INDEX `reviews_submission` ON `reviews` (`submission_id`,`calibration`,`id`);--> statement-breakpoint
CREATE INDEX `reviews_reviewer` ON `reviews` (`reviewer_id`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_in_review` ON `submissions` (`challenge_id`,`id`) WHERE "submissions"."status" = 'in_review';--> statement-breakpoint
CREATE INDEX `submissions_in_review_age` ON `submissions` (`created_at`,`id`) WHERE "submissions"."status" = 'in_review';