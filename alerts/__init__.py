"""Alert rules, engine and delivery."""
