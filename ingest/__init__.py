"""From the world into the store: feeds, the ingestor, the resampler and the simulated exchange."""
