"""``python -m server`` is the command ``firstlight``."""

import sys

from server.cli import main

sys.exit(main())
