"""From an accepted post to one copy and its fate. Pure values and functions."""
