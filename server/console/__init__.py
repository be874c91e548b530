"""The console's frame: templates, static files, headers, live streams. Features bring the pages."""
