"""Set-up for people and machines, and the photos of the demonstration."""
