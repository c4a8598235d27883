CREATE TABLE `goal_documents` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`goal_id` text NOT NULL,
	FOREIGN KEY (`goal_id`) REFERENCES `goals`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `goal_documents_goal` ON `goal_documents` (`goal_id`);--> statement-breakpoint
ALTER TABLE `goals` ADD `ideographs` text DEFAULT '' NOT NULL;