"""Copies of closed files in stores: put in the background, audited, repaired; what is safe may leave here."""
