"""Reads files, standard input, S3 and the output of tools on PATH."""
