"""Packs for one application each: what an application's own settings mean."""
