"""Which functions of a world are replaced, so that a check can be seen to catch it."""

import msgspec

from tests.simulation.office import PRODUCTION, Code
from tests.simulation.tablet import Replacements


class Mutation(msgspec.Struct, frozen=True):
    """Which functions are replaced, on either side; none in a world that tells of production."""

    server: Code = PRODUCTION
    tablet: Replacements = {}
    first_seed: int = 0
    """The world from which on one is looked for that notices; later for what rarely shows."""
