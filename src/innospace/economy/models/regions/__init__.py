"""Many regions that trade, exchange workers and learn from each other, year by year."""
