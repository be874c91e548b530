"""Servers that know which subscribers have a session: what is asked of them, and what they say."""
