-- Nothing reads these tables any more. The code before this one still writes them while this one is deployed, so a later migration drops them.
DELETE FROM `leaderboard_tickets`;--> statement-breakpoint
DELETE FROM `notification_tickets`;--> statement-breakpoint
DELETE FROM `socket_tickets`;
