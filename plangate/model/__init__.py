"""The types that the stages share: frozen structs of sorted tuples. Stages import these and never each other."""
