"""The command line: one module a noun; each command loads, calls one verb and prints."""
