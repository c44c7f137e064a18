"""The operations of Organizations, by what they are about."""
