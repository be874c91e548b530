"""What every driver owes, as checks that anybody can run against a driver of their own.

A check asks the driver for something and then compares with what the OLT really holds, never with
the driver's own answer alone. ``rig`` says what a check may do to an OLT; ``registering``,
``reading``, ``removing``, ``trouble`` and ``day2`` hold the checks; ``running`` counts: what a
driver declares that it cannot do is missing, not passed.
"""
