CREATE TABLE `leaderboard_finals` (
	`scope` text NOT NULL,
	`season` text NOT NULL,
	`place` integer NOT NULL,
	`rank` integer NOT NULL,
	`user_id` text NOT NULL,
	`score` integer NOT NULL,
	PRIMARY KEY(`scope`, `season`, `place`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `leaderboard_finals_user` ON `leaderboard_finals` (`user_id`);--> statement-breakpoint
CREATE TABLE `leaderboard_marks` (
	`name` text PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `leaderboard_tickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`session_id` text NOT NULL,
	`session_expires_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `leaderboard_tickets_user` ON `leaderboard_tickets` (`user_id`);--> statement-breakpoint
CREATE INDEX `leaderboard_tickets_expires` ON `leaderboard_tickets` (`expires_at`);--> statement-breakpoint
CREATE TABLE `leaderboard_watchers` (
	`session_id` text NOT NULL,
	`scope` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`session_id`, `scope`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `leaderboard_watchers_user` ON `leaderboard_watchers` (`user_id`);--> statement-breakpoint
CREATE INDEX `leaderboard_watchers_expires` ON `leaderboard_watchers` (`expires_at`);--> statement-breakpoint
CREATE TABLE `leaderboard_boards` (
	`scope` text PRIMARY KEY NOT NULL,
	`moved_at` integer NOT NULL,
	`finals_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `leaderboard_boards_finals` ON `leaderboard_boards` (`finals_at`);--> statement-breakpoint
CREATE INDEX `xp_entries_goal` ON `xp_entries` (`goal_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `xp_entries_category` ON `xp_entries` (`category`,`user_id`);