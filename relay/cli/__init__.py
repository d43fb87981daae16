"""The commands, and the demo. One of its modules for each group of commands."""
