CREATE TABLE `league_cohorts` (
	`id` text PRIMARY KEY NOT NULL,
	`week` text NOT NULL,
	`tier` integer NOT NULL,
	`closed_at` integer
);
--> statement-breakpoint
CREATE INDEX `league_cohorts_week` ON `league_cohorts` (`week`,`id`);--> statement-breakpoint
CREATE INDEX `league_cohorts_open` ON `league_cohorts` (`week`,`id`) WHERE "league_cohorts"."closed_at" IS NULL;--> statement-breakpoint
CREATE TABLE `league_entries` (
	`user_id` text NOT NULL,
	`week` text NOT NULL,
	`cohort_id` text NOT NULL,
	`score` integer,
	`rank` integer,
	`outcome` text,
	PRIMARY KEY(`user_id`, `week`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`cohort_id`) REFERENCES `league_cohorts`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "league_entries_outcome_known" CHECK("league_entries"."outcome" IN ('promoted', 'stayed', 'relegated'))
);
--> statement-breakpoint
CREATE INDEX `league_entries_cohort` ON `league_entries` (`cohort_id`,`user_id`);--> statement-breakpoint
CREATE TABLE `league_members` (
	`user_id` text PRIMARY KEY NOT NULL,
	`tier` integer DEFAULT 0 NOT NULL,
	`joined_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `league_members_tier` ON `league_members` (`tier`,`user_id`);