"""The plant: OLTs, PON ports, splitters, terminals and drops, and the path of light through them."""
