"""The resource browser: a page that shows accounts, who is in them, their policies, and the last decisions."""
