"""WEN Relay: a restricted mailing list for officers who fight wildlife crime.

The tree is the journey of a message:

    intake     SMTP in: who speaks, is the list one of ours, the octets
    actions    the verbs: load facts, ask the core, write
    scan       hostile octets are opened here, in sandboxed processes
    mail roster policy delivery    the pure core: values in, values out
    store      the database, and everything encrypted in it
    transport  SMTP out: one copy, one outcome

The modules beside them are what all of it stands on, and what starts it. ARCHITECTURE.md tells the journey in twelve lines.
"""

__version__ = "0.1.0"
