"""Explanations: a decision in a person's words, made when somebody asks."""
