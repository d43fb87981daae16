"""The web door: /health, and how mail programs reach the submission doors. The web issue builds the pages."""
