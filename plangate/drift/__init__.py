"""The drift stage: does what the plan assumes match what is really there."""
