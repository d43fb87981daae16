"""Posts that only their readers can open, and posts that only we can: OpenPGP and S/MIME, outwards and inwards."""
