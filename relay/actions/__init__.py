"""The verbs: load facts, ask the core, write. The only callers of store and transport. More than twelve modules, one for each verb."""
