"""One file a feed."""
