CREATE TABLE `leaderboard_spreads` (
	`scope` text NOT NULL,
	`season` text NOT NULL,
	`scores` text NOT NULL,
	PRIMARY KEY(`scope`, `season`)
);
