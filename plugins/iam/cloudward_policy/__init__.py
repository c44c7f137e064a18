"""The IAM policy language: parse, validate, compile, evaluate and explain policies, with the standard library only."""
