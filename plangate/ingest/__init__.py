"""Bytes in, a masked ChangeSet out. Nothing secret leaves this stage."""
