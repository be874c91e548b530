"""``python -m activation.simulator``: run one simulated OLT."""

import sys

from activation.simulator.command import main

sys.exit(main(sys.argv[1:]))
