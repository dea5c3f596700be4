"""Crawls that are killed, cut off from power and given a full disk, at system calls drawn from a seed.

Short forms are the tests of this folder; ``make torture`` runs the long ones.
"""
