"""What `wen-relay doctor` looks at: plain functions, each of which answers one question with findings and changes nothing."""
