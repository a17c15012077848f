"""Applies a repository's configuration to findings: environments, settings, waivers, and the rule that a change may not weaken it."""
