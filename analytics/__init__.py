"""Pure numbers in, numbers out: no Redis, no Dash, no clock, no files."""
