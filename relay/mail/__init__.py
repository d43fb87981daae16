"""What the mail standards define: addresses, envelopes, header fields, replies. Pure values and functions."""
