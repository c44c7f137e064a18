"""STS operations, by subject."""
