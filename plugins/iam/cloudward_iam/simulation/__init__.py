"""Simulation: what policies would decide, as plain values; the operations and the command line share it."""
