"""The one page for the council and the city: who was reached in a year, and for what money."""
