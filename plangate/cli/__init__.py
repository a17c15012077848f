"""One small file per command: parse arguments, call the pipeline, write."""
