"""The edges in: files, standard input, and the tools on PATH."""
