CREATE TABLE `dashboard_items` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`title` text NOT NULL,
	`content` text DEFAULT '' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `dashboard_items_user` ON `dashboard_items` (`user_id`,`id`);--> statement-breakpoint
CREATE TABLE `study_log` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`goal_id` text,
	`milestone_id` text,
	`minutes` integer,
	`note` text DEFAULT '' NOT NULL,
	`completed` integer DEFAULT false NOT NULL,
	`day` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`goal_id`) REFERENCES `goals`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`milestone_id`) REFERENCES `milestones`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "study_log_minutes_range" CHECK("study_log"."minutes" BETWEEN 1 AND 1440)
);
--> statement-breakpoint
CREATE INDEX `study_log_timeline` ON `study_log` (`user_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `study_log_goal` ON `study_log` (`goal_id`,`user_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `study_log_milestone` ON `study_log` (`milestone_id`);--> statement-breakpoint
ALTER TABLE `goals` ADD `completed_at` integer;--> statement-breakpoint
CREATE INDEX `goals_timeline` ON `goals` (`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `goals_completed` ON `goals` (`owner_id`,`completed_at`,`id`) WHERE "goals"."completed_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `milestones` ADD `completed_by` text REFERENCES users(id) ON DELETE set null;--> statement-breakpoint
CREATE INDEX `milestones_completed` ON `milestones` (`completed_by`,`completed_at`,`id`) WHERE "milestones"."completed_by" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `activity_days` ADD `deeds` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `user_badges_timeline` ON `user_badges` (`user_id`,`earned_at`,`code`);--> statement-breakpoint
CREATE INDEX `challenges_due` ON `challenges` (`goal_id`,`due_at`) WHERE "challenges"."archived_at" IS NULL AND "challenges"."due_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `submissions_timeline` ON `submissions` (`author_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_decided` ON `submissions` (`author_id`,`decided_at`,`id`) WHERE "submissions"."decided_at" IS NOT NULL;--> statement-breakpoint
CREATE INDEX `reviews_timeline` ON `reviews` (`reviewer_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `xp_entries_timeline` ON `xp_entries` (`user_id`,`created_at`,`id`);