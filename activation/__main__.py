"""``python -m activation``: ask an OLT, without the rest of Firstlight."""

import argparse
import sys

from activation.command import add_questions


def main() -> int:
    """Run one question and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m activation",
        description="Ask an OLT over SNMP. Nothing is written to it.",
    )
    add_questions(parser)
    arguments = parser.parse_args()
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
