"""The types that the stages share. Frozen, tuples, sorted once. No stage imports another; they meet here."""
