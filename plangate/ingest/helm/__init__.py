"""Dry runs, manifests and releases of Helm."""
