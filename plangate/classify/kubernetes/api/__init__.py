"""What the API server refuses: fields that may not change, objects that are not valid, versions that are gone."""
