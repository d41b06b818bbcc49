-- When a pair left what is synchronized: microseconds; 0: it takes part. It comes back as the same binding.
ALTER TABLE binding ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
