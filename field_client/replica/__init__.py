"""The replica as plain functions over one connection: outbox, inbox, overlay, views."""
