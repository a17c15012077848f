"""One Verdict in, one string out."""
