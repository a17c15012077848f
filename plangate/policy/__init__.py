"""Rules in, findings out."""
