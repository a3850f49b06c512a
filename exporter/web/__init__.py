"""Being scraped."""
