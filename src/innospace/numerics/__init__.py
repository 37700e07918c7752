"""Pure functions on arrays: normal tails, likelihood driver, linear algebra helpers, covariances."""
