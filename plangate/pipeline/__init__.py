"""The only code that calls several stages. Each file reads as a straight line."""
