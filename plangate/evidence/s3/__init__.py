"""A state in S3: where it is, its bytes, and who holds its lock."""
