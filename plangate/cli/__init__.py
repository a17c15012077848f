"""One small file per command: parse arguments, call the engine, write."""
