CREATE INDEX `ai_calls_created` ON `ai_calls` (`created_at`);--> statement-breakpoint
CREATE INDEX `ai_usage_day` ON `ai_usage` (`day`);