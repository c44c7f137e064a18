"""The policy stream: every call with the permissions that it needed, live and folded into policies."""
