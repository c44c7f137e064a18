"""The STS provider plugin."""
