"""Several processes that share the clusters, and the one in front of them that is scraped."""
