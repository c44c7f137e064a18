"""The IAM provider plugin."""
