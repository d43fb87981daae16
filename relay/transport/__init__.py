"""Copies leave here: an SMTP client, the courier that keeps its connections, and a sink that receives in demos and tests."""
