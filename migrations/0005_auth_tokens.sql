ALTER TABLE `login_failures` ADD `rests_until` integer;--> statement-breakpoint
ALTER TABLE `one_time_tokens` ADD `payload` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `device` text;--> statement-breakpoint
CREATE INDEX `sessions_absolute_expiry` ON `sessions` (`absolute_expires_at`);