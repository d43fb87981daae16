"""From accepted post to one copy and its fate, and the words that the relay itself writes; pure. The modules of letters go together: notice composes, the others are its parts."""
