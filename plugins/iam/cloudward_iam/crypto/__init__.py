"""Cryptography of IAM's credentials: pure functions over bytes and text, without state and without a clock."""
