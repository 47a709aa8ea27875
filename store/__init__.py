"""The only place that speaks Redis."""
