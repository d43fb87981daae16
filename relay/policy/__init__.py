"""May this post go out, and to whom? Pure values and functions; `decide` is the heart."""
