"""The drift stage: compares what a plan assumes with what is live."""
