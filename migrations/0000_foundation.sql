CREATE TABLE `ai_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`type` text NOT NULL,
	`submission_id` text,
	`status` text DEFAULT 'queued' NOT NULL,
	`result` text,
	`error` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`quota_day` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`submission_id`) REFERENCES `submissions`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "ai_jobs_type_known" CHECK("ai_jobs"."type" IN ('feedback', 'generate_challenges')),
	CONSTRAINT "ai_jobs_status_known" CHECK("ai_jobs"."status" IN ('queued', 'running', 'succeeded', 'failed'))
);
--> statement-breakpoint
CREATE INDEX `ai_jobs_user` ON `ai_jobs` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `ai_jobs_submission` ON `ai_jobs` (`submission_id`,`id`);--> statement-breakpoint
CREATE TABLE `ai_usage` (
	`user_id` text NOT NULL,
	`day` text NOT NULL,
	`kind` text NOT NULL,
	`used` integer NOT NULL,
	PRIMARY KEY(`user_id`, `day`, `kind`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`user_id` text NOT NULL,
	`key` text NOT NULL,
	`request_hash` text NOT NULL,
	`response` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `idempotency_keys_user_key` ON `idempotency_keys` (`user_id`,`key`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_created` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `login_failures` (
	`account` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `one_time_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`purpose` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "one_time_tokens_purpose_known" CHECK("one_time_tokens"."purpose" IN ('verify_email', 'reset_password', 'leave_email', 'change_email'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `one_time_tokens_user_purpose` ON `one_time_tokens` (`user_id`,`purpose`);--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `refresh_tokens_session` ON `refresh_tokens` (`session_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`remember` integer NOT NULL,
	`user_agent` text,
	`country` text,
	`created_at` integer NOT NULL,
	`last_used_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`absolute_expires_at` integer NOT NULL,
	`revoked_at` integer,
	`revoked_reason` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `challenges` (
	`id` text PRIMARY KEY NOT NULL,
	`goal_id` text NOT NULL,
	`milestone_id` text,
	`created_by` text NOT NULL,
	`title` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`kind` text NOT NULL,
	`difficulty` text NOT NULL,
	`points` integer NOT NULL,
	`rubric` text DEFAULT '[]' NOT NULL,
	`rules` text DEFAULT '{}' NOT NULL,
	`quiz` text,
	`peer_reviews` integer DEFAULT 0 NOT NULL,
	`requires_verdict` integer DEFAULT false NOT NULL,
	`pass_score` integer DEFAULT 60 NOT NULL,
	`max_attempts` integer DEFAULT 3 NOT NULL,
	`due_at` integer,
	`source` text DEFAULT 'manual' NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`archived_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`goal_id`) REFERENCES `goals`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`milestone_id`) REFERENCES `milestones`(`id`) ON UPDATE no action ON DELETE set null,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "challenges_kind_known" CHECK("challenges"."kind" IN ('text', 'code', 'link', 'quiz')),
	CONSTRAINT "challenges_difficulty_known" CHECK("challenges"."difficulty" IN ('beginner', 'intermediate', 'advanced', 'expert')),
	CONSTRAINT "challenges_points_range" CHECK("challenges"."points" BETWEEN 1 AND 500),
	CONSTRAINT "challenges_pass_score_range" CHECK("challenges"."pass_score" BETWEEN 0 AND 100),
	CONSTRAINT "challenges_peer_reviews_range" CHECK("challenges"."peer_reviews" BETWEEN 0 AND 5)
);
--> statement-breakpoint
CREATE INDEX `challenges_goal` ON `challenges` (`goal_id`,`id`);--> statement-breakpoint
CREATE INDEX `challenges_milestone` ON `challenges` (`milestone_id`);--> statement-breakpoint
CREATE INDEX `challenges_created_by` ON `challenges` (`created_by`);--> statement-breakpoint
CREATE TABLE `submissions` (
	`id` text PRIMARY KEY NOT NULL,
	`challenge_id` text NOT NULL,
	`author_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`content` text NOT NULL,
	`status` text NOT NULL,
	`validation` text NOT NULL,
	`rubric` text NOT NULL,
	`score` integer,
	`created_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	FOREIGN KEY (`challenge_id`) REFERENCES `challenges`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`decided_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "submissions_status_known" CHECK("submissions"."status" IN ('submitted', 'rejected', 'in_review', 'accepted', 'needs_work', 'withdrawn', 'reversed'))
);
--> statement-breakpoint
CREATE INDEX `submissions_author` ON `submissions` (`author_id`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_challenge` ON `submissions` (`challenge_id`,`id`);--> statement-breakpoint
CREATE INDEX `submissions_challenge_author` ON `submissions` (`challenge_id`,`author_id`,`status`);--> statement-breakpoint
CREATE INDEX `submissions_decided_by` ON `submissions` (`decided_by`);--> statement-breakpoint
CREATE TABLE `dead_letters` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`message` text NOT NULL,
	`cause` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`replayed_at` integer,
	CONSTRAINT "dead_letters_queue_known" CHECK("dead_letters"."queue" IN ('events', 'email', 'ai-feedback'))
);
--> statement-breakpoint
CREATE INDEX `dead_letters_created` ON `dead_letters` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `event_deliveries` (
	`event_id` text NOT NULL,
	`subscriber` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`event_id`, `subscriber`)
);
--> statement-breakpoint
CREATE INDEX `event_deliveries_created` ON `event_deliveries` (`created_at`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text NOT NULL,
	`message` text NOT NULL,
	`created_at` integer NOT NULL,
	`sent_at` integer,
	`dead_at` integer,
	CONSTRAINT "outbox_queue_known" CHECK("outbox"."queue" IN ('events', 'email', 'ai-feedback'))
);
--> statement-breakpoint
CREATE INDEX `outbox_due` ON `outbox` (`sent_at`,`id`) WHERE "outbox"."dead_at" IS NULL;--> statement-breakpoint
CREATE TABLE `goal_members` (
	`goal_id` text NOT NULL,
	`user_id` text NOT NULL,
	`joined_at` integer NOT NULL,
	PRIMARY KEY(`goal_id`, `user_id`),
	FOREIGN KEY (`goal_id`) REFERENCES `goals`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `goal_members_user` ON `goal_members` (`user_id`);--> statement-breakpoint
CREATE TABLE `goals` (
	`id` text PRIMARY KEY NOT NULL,
	`owner_id` text NOT NULL,
	`title` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`category` text DEFAULT 'general' NOT NULL,
	`tags` text DEFAULT '[]' NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`visibility` text DEFAULT 'private' NOT NULL,
	`starts_at` integer,
	`target_date` text,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "goals_status_known" CHECK("goals"."status" IN ('active', 'paused', 'completed', 'archived')),
	CONSTRAINT "goals_visibility_known" CHECK("goals"."visibility" IN ('private', 'public'))
);
--> statement-breakpoint
CREATE INDEX `goals_owner` ON `goals` (`owner_id`,`id`);--> statement-breakpoint
CREATE INDEX `goals_visibility` ON `goals` (`visibility`,`id`);--> statement-breakpoint
CREATE TABLE `milestones` (
	`id` text PRIMARY KEY NOT NULL,
	`goal_id` text NOT NULL,
	`title` text NOT NULL,
	`due_date` text,
	`weight` integer DEFAULT 1 NOT NULL,
	`position` integer NOT NULL,
	`completed_at` integer,
	FOREIGN KEY (`goal_id`) REFERENCES `goals`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "milestones_weight_range" CHECK("milestones"."weight" BETWEEN 1 AND 10)
);
--> statement-breakpoint
CREATE INDEX `milestones_goal` ON `milestones` (`goal_id`,`position`);--> statement-breakpoint
CREATE TABLE `mailbox` (
	`id` text PRIMARY KEY NOT NULL,
	`to_address` text NOT NULL,
	`from_address` text NOT NULL,
	`subject` text NOT NULL,
	`text` text NOT NULL,
	`html` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `mailbox_to` ON `mailbox` (`to_address`,`id`);--> statement-breakpoint
CREATE TABLE `mails` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text,
	`template` text NOT NULL,
	`data` text NOT NULL,
	`dedupe_key` text NOT NULL,
	`status` text DEFAULT 'queued' NOT NULL,
	`failure` text,
	`created_at` integer NOT NULL,
	`sent_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "mails_status_known" CHECK("mails"."status" IN ('queued', 'sent', 'failed'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mails_dedupe` ON `mails` (`dedupe_key`);--> statement-breakpoint
CREATE INDEX `mails_user` ON `mails` (`user_id`);--> statement-breakpoint
CREATE TABLE `room_members` (
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text DEFAULT 'member' NOT NULL,
	`state` text DEFAULT 'joined' NOT NULL,
	`muted_until` integer,
	`joined_at` integer NOT NULL,
	PRIMARY KEY(`room_id`, `user_id`),
	FOREIGN KEY (`room_id`) REFERENCES `rooms`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "room_members_role_known" CHECK("room_members"."role" IN ('owner', 'moderator', 'member')),
	CONSTRAINT "room_members_state_known" CHECK("room_members"."state" IN ('invited', 'joined', 'banned'))
);
--> statement-breakpoint
CREATE INDEX `room_members_user` ON `room_members` (`user_id`,`state`,`room_id`);--> statement-breakpoint
CREATE TABLE `rooms` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`topic` text,
	`direct_key` text,
	`slow_mode_seconds` integer DEFAULT 0 NOT NULL,
	`retention_days` integer,
	`created_by` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`created_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "rooms_kind_known" CHECK("rooms"."kind" IN ('public', 'private', 'direct', 'goal', 'project')),
	CONSTRAINT "rooms_slow_mode_range" CHECK("rooms"."slow_mode_seconds" BETWEEN 0 AND 86400)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rooms_direct_key` ON `rooms` (`direct_key`);--> statement-breakpoint
CREATE INDEX `rooms_kind` ON `rooms` (`kind`,`id`);--> statement-breakpoint
CREATE INDEX `rooms_created_by` ON `rooms` (`created_by`);--> statement-breakpoint
CREATE TABLE `socket_tickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`room_id` text NOT NULL,
	`user_id` text NOT NULL,
	`session_id` text NOT NULL,
	`session_expires_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`room_id`) REFERENCES `rooms`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `socket_tickets_room` ON `socket_tickets` (`room_id`);--> statement-breakpoint
CREATE INDEX `socket_tickets_user` ON `socket_tickets` (`user_id`);--> statement-breakpoint
CREATE INDEX `socket_tickets_expires` ON `socket_tickets` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`email_verified_at` integer,
	`username` text NOT NULL,
	`password_hash` text,
	`display_name` text NOT NULL,
	`first_name` text,
	`last_name` text,
	`phone` text,
	`bio` text,
	`avatar_url` text,
	`locale` text DEFAULT 'en' NOT NULL,
	`timezone` text DEFAULT 'UTC' NOT NULL,
	`role` text DEFAULT 'student' NOT NULL,
	`status` text DEFAULT 'active' NOT NULL,
	`skills` text DEFAULT '[]' NOT NULL,
	`interests` text DEFAULT '[]' NOT NULL,
	`privacy` text NOT NULL,
	`referral_code` text NOT NULL,
	`referred_by` text,
	`xp` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`last_login_at` integer,
	FOREIGN KEY (`referred_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "users_role_known" CHECK("users"."role" IN ('student', 'teacher', 'admin', 'superadmin')),
	CONSTRAINT "users_status_known" CHECK("users"."status" IN ('active', 'suspended'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email` ON `users` (`email`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_username` ON `users` (`username`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_referral_code` ON `users` (`referral_code`);--> statement-breakpoint
CREATE INDEX `users_referred_by` ON `users` (`referred_by`);--> statement-breakpoint
CREATE TABLE `activity_days` (
	`user_id` text NOT NULL,
	`day` text NOT NULL,
	`timezone` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `day`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `xp_entries` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`user_id` text NOT NULL,
	`amount` integer NOT NULL,
	`reason` text NOT NULL,
	`source_type` text NOT NULL,
	`source_id` text NOT NULL,
	`goal_id` text,
	`category` text,
	`rules_version` integer NOT NULL,
	`balance` integer NOT NULL,
	`day` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "xp_entries_reason_known" CHECK("xp_entries"."reason" IN ('challenge', 'milestone', 'goal', 'review', 'review_rating', 'daily_bonus', 'referral', 'reversal', 'adjustment')),
	CONSTRAINT "xp_entries_balance_positive" CHECK("xp_entries"."balance" >= 0)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `xp_entries_id` ON `xp_entries` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `xp_entries_once` ON `xp_entries` (`user_id`,`reason`,`source_id`);--> statement-breakpoint
CREATE INDEX `xp_entries_user` ON `xp_entries` (`user_id`,`seq`);--> statement-breakpoint
CREATE INDEX `xp_entries_user_time` ON `xp_entries` (`user_id`,`created_at`,`amount`);--> statement-breakpoint
CREATE INDEX `xp_entries_user_day` ON `xp_entries` (`user_id`,`reason`,`day`);