-- What a person decided about a review: JSON, '' while nothing is decided.
ALTER TABLE review ADD COLUMN decision TEXT NOT NULL DEFAULT '';
