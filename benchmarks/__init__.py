"""Benchmarks: seeded, without a network, each saying its size; ratios against a peer measured in the same run."""
