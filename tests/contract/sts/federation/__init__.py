"""Federation, seen by real clients."""
