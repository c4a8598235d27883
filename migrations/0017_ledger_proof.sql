CREATE TABLE `ledger_differences` (
	`user_id` text PRIMARY KEY NOT NULL,
	`balance` integer NOT NULL,
	`sum` integer NOT NULL,
	`broken_seq` integer,
	`found_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `user_levels` (
	`user_id` text PRIMARY KEY NOT NULL,
	`level` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
