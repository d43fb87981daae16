"""What `wen-relay doctor` looks at: plain functions, each of which answers one question with findings and changes nothing.

It has more modules than other packages: one for each thing that is looked at.
"""
