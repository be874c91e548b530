"""The completion feed, billing rules and adapters: pure rules, thin adapters."""
