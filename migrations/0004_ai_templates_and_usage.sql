CREATE TABLE `ai_calls` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`job_id` text,
	`feature` text NOT NULL,
	`template_version` integer NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`outcome` text NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`latency_ms` integer NOT NULL,
	`cost_micros` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`job_id`) REFERENCES `ai_jobs`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "ai_calls_feature_known" CHECK("ai_calls"."feature" IN ('feedback', 'generate', 'explain'))
);
--> statement-breakpoint
CREATE INDEX `ai_calls_user` ON `ai_calls` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `ai_calls_job` ON `ai_calls` (`job_id`);--> statement-breakpoint
CREATE TABLE `ai_spend` (
	`day` text PRIMARY KEY NOT NULL,
	`calls` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cost_micros` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `ai_switches` (
	`feature` text PRIMARY KEY NOT NULL,
	`enabled` integer NOT NULL,
	`reason` text DEFAULT '' NOT NULL,
	`changed_by` text,
	`changed_at` integer NOT NULL,
	FOREIGN KEY (`changed_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "ai_switches_feature_known" CHECK("ai_switches"."feature" IN ('feedback', 'generate', 'explain'))
);
--> statement-breakpoint
CREATE INDEX `ai_switches_changed_by` ON `ai_switches` (`changed_by`);--> statement-breakpoint
CREATE TABLE `prompt_templates` (
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`system` text NOT NULL,
	`user` text NOT NULL,
	`variables` text NOT NULL,
	`active` integer DEFAULT false NOT NULL,
	`created_by` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`name`, `version`),
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "prompt_templates_name_known" CHECK("prompt_templates"."name" IN ('generate-challenges', 'submission-feedback', 'explain-concept'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `prompt_templates_one_active` ON `prompt_templates` (`name`) WHERE "prompt_templates"."active" = 1;--> statement-breakpoint
CREATE INDEX `prompt_templates_created_by` ON `prompt_templates` (`created_by`);--> statement-breakpoint
ALTER TABLE `ai_jobs` ADD `goal_id` text REFERENCES goals(id) ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE `ai_jobs` ADD `input` text;--> statement-breakpoint
ALTER TABLE `ai_jobs` ADD `template_version` integer;--> statement-breakpoint
ALTER TABLE `ai_jobs` ADD `helpful` integer;--> statement-breakpoint
ALTER TABLE `ai_jobs` ADD `rating_comment` text;--> statement-breakpoint
CREATE INDEX `ai_jobs_goal` ON `ai_jobs` (`goal_id`);--> statement-breakpoint
CREATE INDEX `ai_jobs_rated` ON `ai_jobs` (`type`,`template_version`,`helpful`) WHERE "ai_jobs"."helpful" IS NOT NULL;