"""``python -m server.demo``."""

import sys

from server.demo.command import main

sys.exit(main(sys.argv[1:]))
