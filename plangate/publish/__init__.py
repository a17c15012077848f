"""Edges out: a verdict brought to where people decide."""
