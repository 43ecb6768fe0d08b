"""The images of a node, made here from programs, packages and this machine's C library."""
