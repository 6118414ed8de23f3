"""Daily exchange rates, from a CSV of the team or from an HTTP source."""
