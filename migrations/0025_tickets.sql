CREATE TABLE `tickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`path` text NOT NULL,
	`user_id` text NOT NULL,
	`session_id` text NOT NULL,
	`session_expires_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `tickets_user` ON `tickets` (`user_id`);--> statement-breakpoint
CREATE INDEX `tickets_expires` ON `tickets` (`expires_at`);