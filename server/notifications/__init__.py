"""Notifications: what subscribers are told, once, and how it went out."""
