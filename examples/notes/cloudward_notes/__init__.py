"""A service that AWS does not have."""
