"""May this post go out, and to whom? Pure values and functions; `decide` is the heart.

It has more modules than other packages, because a dozen of them are the grammar of markings: shape, vocabulary, marking,
sentence, house_rule, pointing, colours, legend, table, spellings, banners, lines, disguise, classified, notation and forwarded.
"""
