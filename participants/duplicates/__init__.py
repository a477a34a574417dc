"""One person who stands in the register twice: finding, deciding, joining, taking apart again."""
