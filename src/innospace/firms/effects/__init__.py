"""Effects of trade and partnerships: matching, weighting, differences in differences, and how far to trust them."""
