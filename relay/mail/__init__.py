"""What the mail standards define: addresses, envelopes, header fields, replies. Pure values and functions.

More than twelve modules, since each is a standard, or a part of one that is read by itself.
"""
