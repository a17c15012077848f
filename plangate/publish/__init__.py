"""Publishes a verdict on GitHub."""
