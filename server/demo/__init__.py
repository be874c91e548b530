"""The demo: the story told by real processes, its sample town and the plant it invents."""
