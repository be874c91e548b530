"""The guided visit: one screen per step, each entry saved by itself, each address one step."""
