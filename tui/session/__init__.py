"""What one connection knows and does. No widgets here."""
