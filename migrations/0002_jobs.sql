CREATE TABLE `cron_jobs` (
	`name` text PRIMARY KEY NOT NULL,
	`done_slot` integer,
	`lease_id` text,
	`leased_until` integer
);
--> statement-breakpoint
CREATE TABLE `cron_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`job` text NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`succeeded` integer NOT NULL,
	`result` text
);
--> statement-breakpoint
CREATE INDEX `cron_runs_job` ON `cron_runs` (`job`,`id`);--> statement-breakpoint
CREATE INDEX `cron_runs_started` ON `cron_runs` (`started_at`);--> statement-breakpoint
CREATE TABLE `mail_opt_outs` (
	`user_id` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `mail_suppressions` (
	`address_hash` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT "mail_suppressions_reason_known" CHECK("mail_suppressions"."reason" IN ('bounced', 'complained'))
);
--> statement-breakpoint
ALTER TABLE `outbox` ADD `aggregate` text;--> statement-breakpoint
ALTER TABLE `outbox` ADD `attempts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `outbox` ADD `failure` text;--> statement-breakpoint
CREATE INDEX `outbox_aggregate` ON `outbox` (`aggregate`,`id`) WHERE "outbox"."aggregate" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `mailbox` ADD `headers` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE `mails` ADD `kind` text DEFAULT 'security' NOT NULL;--> statement-breakpoint
ALTER TABLE `mails` ADD `to_address` text;--> statement-breakpoint
ALTER TABLE `mails` ADD `suppressed` text;--> statement-breakpoint
ALTER TABLE `mails` ADD `attempts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `mails` ADD `claimed_until` integer;--> statement-breakpoint
ALTER TABLE `mails` ADD `provider` text;--> statement-breakpoint
ALTER TABLE `mails` ADD `provider_id` text;--> statement-breakpoint
CREATE INDEX `mails_sent` ON `mails` (`user_id`,`kind`,`sent_at`);--> statement-breakpoint
CREATE INDEX `mails_provider_id` ON `mails` (`provider_id`);--> statement-breakpoint
CREATE INDEX `mails_created` ON `mails` (`created_at`);