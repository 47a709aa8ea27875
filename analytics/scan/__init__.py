"""Engle-Granger tests of every pair of a panel, from products that all pairs share."""
