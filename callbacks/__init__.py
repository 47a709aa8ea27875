"""When a page changes."""
