"""The database, the keys and everything encrypted. Rows stay in here; everyone else sees frozen dataclasses.

Functions take a connection first, so that what must happen together stands in one transaction: the caller's.
"""
