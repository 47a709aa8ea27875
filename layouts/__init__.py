"""What a page looks like; no data access."""
