"""What a repository's configuration makes of findings: its environments, settings, waivers, and what may not be loosened."""
