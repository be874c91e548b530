"""The plant: OLTs, PON ports, splitters, terminals, drops, and the route of the light."""
