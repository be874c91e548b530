"""``python -m field_client``."""

import sys

from field_client.command import main

sys.exit(main())
