"""One of each for the whole program: versions, quantities, globs, days, fingerprints, wording, YAML with places."""
