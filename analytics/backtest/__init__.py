"""Backtests of spread rules: signal at the close, fill at the next open, every cost counted."""
