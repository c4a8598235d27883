-- Seasons that were final before spreads were kept have none: the boards still hold them for 90 days, so each is copied once more. What is kept already stays.
UPDATE `leaderboard_boards` SET `finals_at` = 0;
