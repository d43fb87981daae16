"""The web door: /health, how mail programs reach the submission doors, and the address by which members leave a list that offers it. The web issue builds the pages."""
