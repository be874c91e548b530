"""One driver per vendor family, each beside a quality file that says what it was tested on."""
