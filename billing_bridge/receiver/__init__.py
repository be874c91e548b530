"""A sample billing system: it receives completions as Standard Webhooks and counts what it saw.

Written as a consumer should be: verify the raw bytes first, remember the id before answering, take
a repeat as a success. It knows nothing of the sender but the contract in ``billing_bridge.feed``.
"""
