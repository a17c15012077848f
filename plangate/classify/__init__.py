"""What a ChangeSet will really do."""
