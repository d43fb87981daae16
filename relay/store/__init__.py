"""The database, the keys and everything encrypted. Rows stay in here; everyone else sees frozen dataclasses.

Functions take a connection first, so that what must happen together stands in one transaction: the caller's.
There are more modules than in other packages, because each noun of the record has its statements in a file of its own.
"""
