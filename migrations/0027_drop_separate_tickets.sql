DROP TABLE `leaderboard_tickets`;--> statement-breakpoint
DROP TABLE `notification_tickets`;--> statement-breakpoint
DROP TABLE `socket_tickets`;