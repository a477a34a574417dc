"""Whether sending works: signs of life, counts by minute and cause, troubles, alerts."""
