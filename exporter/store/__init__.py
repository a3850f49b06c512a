"""What is known of each cluster, as text ready to be served."""
