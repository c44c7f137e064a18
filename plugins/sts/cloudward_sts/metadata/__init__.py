"""Credentials where applications look for them: instance metadata, container endpoint, environment, process."""
