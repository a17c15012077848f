"""The only package that calls several stages."""
