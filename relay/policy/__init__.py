"""May this post go out, and to whom? Pure values and functions; `decide` is the heart.

It has more modules than other packages, because six of them are the grammar of markings: shape, vocabulary, marking, sentence,
legend and table.
"""
