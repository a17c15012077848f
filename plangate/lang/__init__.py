"""Small languages and formats for the whole program: versions, quantities, globs, days, fingerprints, wording, located YAML."""
