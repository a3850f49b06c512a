"""What is released: archives, and the image."""
