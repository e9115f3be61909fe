"""A seeded driver that works on a library while faults strike, and what must be so afterwards."""
