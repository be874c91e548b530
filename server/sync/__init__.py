"""FLS/1 on the server: devices, push, pull and blobs. ``sync_protocol`` holds the policy."""
