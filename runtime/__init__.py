"""Settings, supervisor, logging, metrics and health."""
