"""Octets to texts, findings and cleaned parts, in sandboxed processes: the one place that opens hostile bytes.

stages      what a scanner does with one message, stage by stage: header, text, each part, complete
walker      the MIME structure, split on the octets        parameters, charset   what its fields say
text, html  one part → views for the detectors and the cleaned part
worker      the process that runs the stages               sandbox, seccomp      what it may not do
pool        the main process's side                        frames                what the two say to each other
"""
