"""Documents and archives: octets → the texts that a reader could find in them, what is wrong with them, the copy that may leave.

Everything here runs in the sandboxed scanners alone, in memory: it reads no file, and imports its libraries at once. It
knows nothing of mail; what it finds inside of a document that is no document itself (a text, a mail, an image) it gives
back as a member. It has more modules than other rooms: each opens or refuses one kind.
"""
