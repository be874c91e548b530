"""The tests. A package, because a dependency of ours ships a package of the same name."""
