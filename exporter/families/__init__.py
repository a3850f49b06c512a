"""What a family of series is, and how an object becomes its text."""
