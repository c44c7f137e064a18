"""STS and authentication, seen by real clients."""
