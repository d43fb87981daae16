"""The web door. It answers /health only, until the web issue builds the pages."""
